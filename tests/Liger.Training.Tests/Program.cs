using Liger.Training.Tests.Runs;

// The tests start this assembly as a process of its own, to be killed.
using (var output = Console.OpenStandardOutput())
    output.Write("begin\n"u8);
KilledProcessTests.Child(args[0], args[1]);
