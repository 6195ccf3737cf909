using System.CommandLine;
using Liger.Bench.Reporting;

namespace Liger.Bench.Measuring;

/// <summary>The benchmark as a whole.</summary>
internal static class BenchCommand
{
    internal static void Fill(RootCommand root)
    {
        var checkpoint = new Option<string?>("--checkpoint") { Description = "A Hugging Face folder of a plain Llama. Default: random weights of teacher-11m's shape." };
        var rounds = new Option<int>("--rounds") { Description = "Turns of each side, whose median counts; at least 5 for a figure to keep.", DefaultValueFactory = _ => 7 };
        var steps = new Option<int>("--steps") { Description = "Training steps of a turn.", DefaultValueFactory = _ => 3 };
        var parts = Some("--parts", BenchPlan.Parts, "What to measure.");
        var dtypes = Some("--dtypes", BenchPlan.Dtypes, "In which dtypes.");
        var mixers = Some("--mixers", [BenchPlan.Compared, BenchPlan.Alone], "Our mixers; softmax alone has a twin in python3-torch.");
        var python = new Option<string?>("--python") { Description = "The python3 that has torch. Default: our side alone." };
        var threads = new Option<int>("--threads") { Description = "Threads of each side.", DefaultValueFactory = _ => Environment.ProcessorCount };
        var json = new Option<string?>("--json") { Description = "Where to record the figures." };
        foreach (var option in new Option[] { checkpoint, rounds, steps, parts, dtypes, mixers, python, threads, json })
            root.Add(option);
        root.SetAction(parsed =>
        {
            var work = Directory.CreateTempSubdirectory("liger-bench-");
            try
            {
                var folder = parsed.GetValue(checkpoint);
                if (folder is null)
                    BenchInputs.WriteRandomCheckpoint(folder = Path.Combine(work.FullName, "random-11m"));
                var plan = new BenchPlan
                {
                    Checkpoint = folder,
                    WorkFolder = work.FullName,
                    Python = parsed.GetValue(python),
                    Rounds = parsed.GetValue(rounds),
                    Steps = parsed.GetValue(steps),
                    Threads = parsed.GetValue(threads),
                };
                BenchInputs.Write(work.FullName, folder);
                Run(plan, parsed.GetValue(parts)!, parsed.GetValue(mixers)!, parsed.GetValue(dtypes)!, parsed.GetValue(json));
                return 0;
            }
            catch (BenchException e)
            {
                Console.Error.WriteLine(e.Message);
                return 1;
            }
            finally
            {
                work.Delete(recursive: true);
            }
        });
    }

    private static void Run(BenchPlan plan, string[] parts, string[] mixers, string[] dtypes, string? json)
    {
        var machine = Machine.Now();
        var done = new List<Comparison>();
        Console.WriteLine($"{machine}\ncheckpoint {plan.Checkpoint}, {plan.Threads} threads, median of {plan.Rounds}\n");
        Console.WriteLine(Table.Head);
        foreach (var part in parts)
            foreach (var mixer in mixers)
                foreach (var dtype in dtypes)
                {
                    var comparison = Comparison.Run(plan, part, mixer, dtype);
                    done.Add(comparison);
                    foreach (var line in Table.Lines(comparison))
                        Console.WriteLine(line);
                }
        if (json is not null)
            Record.Write(json, plan, machine, done);
    }

    private static Option<string[]> Some(string name, string[] all, string description)
    {
        var option = new Option<string[]>(name) { Description = description, AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => all };
        option.AcceptOnlyFromAmong(all);
        return option;
    }
}
