using System.CommandLine;
using System.Globalization;
using Liger.Cli.Display;
using Liger.Steps;

namespace Liger.Cli.Verbs;

/// <summary>"liger doctor": says what this machine computes with.</summary>
internal static class DoctorVerb
{
    internal static Command Create(VerbContext context)
    {
        var json = Options.Json();
        var command = new Command("doctor", "Shows what this machine computes with: libtorch, threads, devices, BLAS.") { json };
        command.SetAction(parsed =>
        {
            var machine = RunEnvironment.Current();
            context.Terminal.Output.Write(parsed.GetValue(json) ? ResultJson.Write(machine, ResultJson.Default.RunEnvironment) + "\n" : new FactList()
                .Add("liger", machine.Commit is null ? machine.Liger : $"{machine.Liger}, commit {machine.Commit}")
                .Add(".NET", machine.Dotnet)
                .Add("system", machine.System)
                .Add("processor", machine.Processor)
                .Add("threads", string.Create(CultureInfo.InvariantCulture, $"{machine.Threads}, libtorch computes with {machine.TorchThreads}"))
                .Add("memory", Quantity.Bytes(machine.MemoryBytes))
                .Add("libtorch", machine.Libtorch)
                .Add("BLAS", machine.Blas ?? "part of libtorch")
                .Add("devices", string.Join(", ", machine.Devices))
                .Add("CUDA kernels", machine.Kernels ?? "none without a GPU")
                .ToString());
            return (int)ExitCode.Done;
        });
        return command;
    }
}
