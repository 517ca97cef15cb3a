// Servers, models and property tests share two cores: side by side they would only starve each other.
[assembly: Xunit.v3.Parallelization(MaxThreads = 1)]
