// Every test of this suite computes with libtorch's own threads and its one random generator; side by side they would only share both.
[assembly: Xunit.v3.Parallelization(MaxThreads = 1)]
