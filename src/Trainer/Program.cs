using FaceCluster.Trainer;

return await TrainerCommandLine.RunAsync(args, Console.Out, Console.Error);
