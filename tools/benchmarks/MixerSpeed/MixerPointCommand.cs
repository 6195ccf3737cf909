using System.CommandLine;
using System.Text.Json;
using static TorchSharp.torch;

namespace Liger.Bench.MixerSpeed;

/// <summary>"mixer-point": measures one mixer at one length and writes the figures as JSON to standard output.</summary>
internal static class MixerPointCommand
{
    internal const string Name = "mixer-point";

    internal static Command Create()
    {
        var mixer = new Argument<string>("MIXER");
        var tokens = new Argument<int>("TOKENS");
        var rounds = new Argument<int>("ROUNDS");
        var threads = new Argument<int>("THREADS");
        var command = new Command(Name, "Measures one mixer at one length in a process of its own.") { mixer, tokens, rounds, threads };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            set_num_threads(parsed.GetRequiredValue(threads));
            Console.WriteLine(JsonSerializer.Serialize(MixerPoint.Measure(parsed.GetRequiredValue(mixer), parsed.GetRequiredValue(tokens), parsed.GetRequiredValue(rounds))));
            return 0;
        });
        return command;
    }
}
