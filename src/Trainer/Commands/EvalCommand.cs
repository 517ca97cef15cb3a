using System.CommandLine;
using FaceCluster.Evaluation;
using FaceCluster.Evaluation.Embeddings;
using FaceCluster.Evaluation.Protocols;
using FaceCluster.Evaluation.Tool;
using FaceCluster.Trainer.CommandLine;
using FaceCluster.Vision.Models;

namespace FaceCluster.Trainer.Commands;

/// <summary><c>facecluster-train eval</c>: what any ONNX embedding model can do.</summary>
internal sealed class EvalCommand : TrainerCommand
{
    private readonly Option<string> _model = new("--model") { Description = "The ONNX model; its manifest beside it or in it, or --color-order.", HelpName = "FILE", Required = true };
    private readonly Option<string?> _images = new("--images") { Description = "A folder (Name_0001.jpg, or one folder a person), a .csv or list, or a record file.", HelpName = "PATH" };
    private readonly Option<string?> _pairs = new("--pairs") { Description = "Pairs over the images, in LFW's form or 'file file 0|1'.", HelpName = "FILE" };
    private readonly Option<string?> _bin = new("--bin") { Description = "A verification set, in place of images.", HelpName = "FILE" };
    private readonly Option<string?> _ijb = new("--ijb") { Description = "A folder with the text files of IJB-B or IJB-C; --images is the folder of loose crops.", HelpName = "DIR" };
    private readonly Option<bool> _detector = new("--detector-weight") { Description = "Faces of templates also weigh by the detector's score (with --ijb)." };
    private readonly Option<FaceForm> _faces = new("--faces") { Description = "How pictures become faces: auto (112x112 is aligned, otherwise whole), aligned, whole (the picture is the face's box), detect.", DefaultValueFactory = _ => FaceForm.Auto };
    private readonly Option<FlipMode> _flip = new("--flip") { Description = "What the ten-fold accuracy compares: none, add (with the mirror image's embedding), concat.", DefaultValueFactory = _ => FlipMode.None };
    private readonly Option<string?> _models = new("--models") { Description = "The folder of the detector and landmark models.", HelpName = "DIR" };
    private readonly Option<ColorOrder?> _order = new("--color-order") { Description = "RGB or BGR, for a model without a manifest." };
    private readonly Option<float> _mean = new("--mean") { Description = "Subtracted from each byte, for a model without a manifest.", DefaultValueFactory = _ => 127.5f };
    private readonly Option<float> _scale = new("--scale") { Description = "Multiplied afterwards, for a model without a manifest.", DefaultValueFactory = _ => 1 / 127.5f };
    private readonly Option<bool> _calibrate = new("--calibrate") { Description = "Fit slope and midpoint of the probability and write them into the manifest beside the model." };
    private readonly Option<string?> _report = new("--report") { Description = "Write a page with the plots.", HelpName = "FILE" };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object." };

    public EvalCommand(TextWriter output, TextWriter error)
        : base("eval", "Measures an embedding model: verification, magnitude as quality, clustering, templates.", output, error)
    {
        foreach (var option in (Option[])[_model, _images, _pairs, _bin, _ijb, _detector, _faces, _flip, _models, _order, _mean, _scale, _calibrate, _report, _json])
        {
            Options.Add(option);
        }

        Run(async (parse, cancellation) =>
        {
            var request = new EvaluationRequest
            {
                Model = parse.GetValue(_model)!,
                Images = parse.GetValue(_images),
                Pairs = parse.GetValue(_pairs),
                Bin = parse.GetValue(_bin),
                TemplateFolder = parse.GetValue(_ijb),
                DetectorWeight = parse.GetValue(_detector),
                Faces = parse.GetValue(_faces),
                Flip = parse.GetValue(_flip),
                ModelFolder = parse.GetValue(_models),
                ColorOrder = parse.GetValue(_order),
                Mean = parse.GetValue(_mean),
                Scale = parse.GetValue(_scale),
                Calibrate = parse.GetValue(_calibrate),
                Report = parse.GetValue(_report),
            };
            var result = await EvaluationRun.RunAsync(request, Progress("embedding"), cancellation);
            if (parse.GetValue(_json))
            {
                WriteJson(result);
            }
            else
            {
                Write(result);
            }

            return 0;
        });
    }

    private void Write(EvaluationResult result)
    {
        Output.WriteLine($"{result.Model}: {result.Faces} faces{(result.Identities is { } people ? $" of {people} people" : string.Empty)}{(result.Refused > 0 ? $", {result.Refused} pictures refused" : string.Empty)}");
        Line($"accuracy, ten folds (flip: {result.Flip})", result.Accuracy);
        Line("TAR at FAR 1e-3", result.TrueAcceptRate3);
        Line("TAR at FAR 1e-4", result.TrueAcceptRate4);
        Line("equal error rate", result.EqualErrorRate);
        Line("FMR100", result.Fmr100);
        Line("FMR1000", result.Fmr1000);
        Line("Fisher ratio", result.FisherRatio);
        Line("Spearman of magnitude and cosine to centre", result.SpearmanMagnitude);
        Line("BCubed F", result.BCubedF);
        Line("pairwise F", result.PairwiseF);
        Line("calibration slope", result.CalibrationSlope);
        Line("calibration midpoint", result.CalibrationMidpoint);
        foreach (var point in result.ErrorVersusReject ?? [])
        {
            Line($"FNMR without the worst {point.Rejected:0 %}", point.FalseNonMatchRate);
        }

        foreach (var template in result.Templates ?? [])
        {
            foreach (var (far, tar) in template.Rates)
            {
                Line($"templates ({template.Form}), TAR at FAR {far}", tar);
            }
        }

        foreach (var search in result.Identification ?? [])
        {
            foreach (var (rank, share) in search.Ranks)
            {
                Line($"gallery {search.Gallery} ({search.Form}, {search.Variant}), {rank}", share);
            }

            foreach (var (fpir, tpir) in search.Rates)
            {
                Line($"gallery {search.Gallery} ({search.Form}, {search.Variant}), TPIR at FPIR {fpir}", tpir);
            }
        }

        void Line(string name, double? value)
        {
            if (value is { } number)
            {
                Output.WriteLine($"  {name,-46} {number:0.#####}");
            }
        }
    }
}
