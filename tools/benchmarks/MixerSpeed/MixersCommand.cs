using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Liger.Bench.Measuring;
using Liger.Bench.Reporting;
using Liger.Checkpoints;
using Liger.Models.Mixers;
using static TorchSharp.torch;

namespace Liger.Bench.MixerSpeed;

/// <summary>"mixers": what a token costs in one layer of each mixer, by length; each point in a process of its own, one after another.</summary>
internal static class MixersCommand
{
    private const string Softmax = "softmax";

    /// <summary>Beyond it the pairs of all tokens do not fit into memory.</summary>
    private const int LongestSoftmax = 8192;

    internal static Command Create()
    {
        var mixers = new Option<string[]>("--mixers")
        {
            Description = $"Which; default: softmax, libtorch's own ({LibtorchSoftmax.Name}) and every recurrence.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [Softmax, LibtorchSoftmax.Name, .. MixerCatalog.All.Where(k => k.Create(new Dictionary<string, string>(), MixerPoint.Shape) is RecurrentMixer).Select(k => k.Name)],
        };
        var tokens = new Option<int[]>("--tokens")
        {
            Description = "Lengths.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [1024, 4096, 16384, 65536],
        };
        var rounds = new Option<int>("--rounds") { Description = "Passes whose median counts, at least.", DefaultValueFactory = _ => 5 };
        var threads = new Option<int>("--threads") { Description = "Threads.", DefaultValueFactory = _ => Environment.ProcessorCount };
        var json = new Option<string?>("--json") { Description = "Where to record the figures." };
        var command = new Command("mixers", "Times one layer of each mixer at several lengths: forward, backward, one step, and memory.") { mixers, tokens, rounds, threads, json };
        command.SetAction(parsed =>
        {
            var machine = Machine.Now();
            Console.WriteLine($"{machine}, medians, clock (processor)\n\n{"mixer",-16} {"tokens",7} {"forward, µs/token",18} {"backward, µs/token",18} {"step, µs",14} {"peak, B/token",13}");
            var points = new List<MixerPoint>();
            var growths = new List<Flatness>();
            foreach (var mixer in parsed.GetValue(mixers)!)
            {
                foreach (var length in parsed.GetValue(tokens)!)
                {
                    if (mixer is Softmax or LibtorchSoftmax.Name && length > LongestSoftmax)
                        continue;
                    points.Add(Measured(mixer, length, parsed.GetValue(rounds), parsed.GetValue(threads)));
                    var p = points[^1];
                    Console.WriteLine($"{p.Mixer,-16} {p.Tokens,7} {Text(p.Forward),18} {Text(p.Backward),18} {Text(p.Step),14} {p.PeakBytesPerToken,13:F0}");
                }
                growths.Add(Flatness.Of([.. points.Where(p => p.Mixer == mixer)]));
                Console.WriteLine(growths[^1]);
            }
            if (parsed.GetValue(json) is { } path)
                Write(path, machine, points, growths, parsed.GetValue(rounds), parsed.GetValue(threads));
            return 0;
        });
        return command;
    }

    private static string Text(Microseconds? of) => of is null ? "–" : $"{of.Elapsed:F2} ({of.Processor:F2})";

    private static JsonObject? Json(Microseconds? of) => of is null ? null : new() { ["elapsed"] = Math.Round(of.Elapsed, 2), ["processor"] = Math.Round(of.Processor, 2) };

    private static MixerPoint Measured(string mixer, int tokens, int rounds, int threads)
    {
        var info = new ProcessStartInfo(Environment.ProcessPath!, [typeof(MixersCommand).Assembly.Location, MixerPointCommand.Name, mixer, $"{tokens}", $"{rounds}", $"{threads}"]) { RedirectStandardOutput = true };
        using var process = Process.Start(info) ?? throw new BenchException($"{mixer}: no process was started.");
        var answer = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? JsonSerializer.Deserialize<MixerPoint>(answer)! : throw new BenchException($"{mixer}, {tokens} tokens: the process ended with {process.ExitCode}.");
    }

    private static void Write(string path, Machine machine, IReadOnlyList<MixerPoint> points, IReadOnlyList<Flatness> growths, int rounds, int threads)
    {
        var content = new JsonObject
        {
            ["when"] = machine.When.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"),
            ["commit"] = machine.Commit,
            ["machine"] = machine.ToJson(),
            ["libtorch"] = __version__,
            ["threads"] = threads,
            ["shape"] = new JsonObject { ["batch"] = 1, ["heads"] = MixerPoint.Shape.Heads, ["kv_heads"] = MixerPoint.Shape.KvHeads, ["head_dim"] = MixerPoint.Shape.HeadDim, ["dtype"] = "float32" },
            ["rounds"] = rounds,
            ["growth_over_shortest"] = new JsonArray([.. growths.Select(g => g.ToJson())]),
            ["points"] = new JsonArray([.. points.Select(p => new JsonObject
            {
                ["mixer"] = p.Mixer,
                ["tokens"] = p.Tokens,
                ["forward_us_per_token"] = Json(p.Forward),
                ["backward_us_per_token"] = Json(p.Backward),
                ["step_us"] = Json(p.Step),
                ["peak_bytes_per_token"] = Math.Round(p.PeakBytesPerToken),
            })]),
        };
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
            content.WriteTo(writer);
        stream.WriteByte((byte)'\n');
        AtomicFile.Write(Path.GetFullPath(path), stream.ToArray());
    }
}
