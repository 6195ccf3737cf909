using Liger.Training.Tests.Runs;

// The tests start this assembly as a process of its own, to be killed.
KilledProcessTests.Child(args[0], args[1]);
