using FaceCluster.Bench;

return await Scenarios.RunAsync(args);
