using System.CommandLine;
using System.Diagnostics;
using Liger.Checkpoints;
using Liger.Models;
using Liger.Models.Mixers;
using Liger.Text;
using Liger.TinyLlama.Model;
using Liger.TinyLlama.Needles;
using Liger.TinyLlama.Rows;
using Liger.TinyLlama.Writing;
using Liger.Training;
using TorchSharp;

namespace Liger.TinyLlama.Commands;

/// <summary><c>train</c>: makes texts, tokenizer and model in one go.</summary>
internal static class TrainCommand
{
    private const ulong ValidationSeed = 2;
    private const ulong NeedleSeed = 12;
    private const int ValidationRows = 128;
    private const int NeedlesADistance = 50;

    public static Command Create()
    {
        var plan = new TrainingPlan();
        var device = new Option<string>("--device") { Description = "cpu or cuda", DefaultValueFactory = _ => "cpu" };
        var bf16 = new Option<bool>("--bf16") { Description = "Compute in bf16 (weights and moments are kept in fp32 either way)" };
        var tokens = new Option<long>("--tokens") { Description = "How many to train on, such as 300M", CustomParser = TokenCount.Parse, DefaultValueFactory = _ => plan.Tokens };
        var seed = new Option<long>("--seed") { Description = "Seeds weights and texts", DefaultValueFactory = _ => plan.Seed };
        var context = new Option<int>("--context") { Description = "Tokens a row", DefaultValueFactory = _ => plan.Context };
        var batch = new Option<int>("--batch") { Description = "Rows an optimizer step", DefaultValueFactory = _ => plan.Batch };
        var rate = new Option<double>("--lr") { Description = "Highest learning rate", DefaultValueFactory = _ => plan.LearningRate };
        var every = new Option<int>("--report-every") { Description = "Steps between reports", DefaultValueFactory = _ => plan.ReportEvery };
        var to = new Option<string>("--out") { Description = "The folder that receives the checkpoint; OUT.run receives metrics and what a resumed run needs", Required = true };
        var resume = new Option<bool>("--resume") { Description = "Continue an interrupted run" };
        var command = new Command("train", "Trains the model from scratch and writes it as a Hugging Face folder.") { device, bf16, tokens, seed, context, batch, rate, every, to, resume };
        command.SetAction(parsed => Run(
            plan with
            {
                Tokens = parsed.GetValue(tokens),
                Seed = parsed.GetValue(seed),
                Context = parsed.GetValue(context),
                Batch = parsed.GetValue(batch),
                LearningRate = parsed.GetValue(rate),
                ReportEvery = parsed.GetValue(every),
            },
            torch.device(parsed.GetRequiredValue(device)), parsed.GetValue(bf16) ? torch.ScalarType.BFloat16 : torch.ScalarType.Float32,
            Path.GetFullPath(parsed.GetRequiredValue(to)), parsed.GetValue(resume)));
        return command;
    }

    private static int Run(TrainingPlan plan, torch.Device device, torch.ScalarType dtype, string folder, bool resume)
    {
        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, pressed) =>
        {
            pressed.Cancel = true;
            stop.Cancel();
        };
        Directory.CreateDirectory(folder);
        var grammar = Grammar.Load();
        var corpus = new Corpus(grammar, (ulong)plan.Seed);
        TokenizerCommand.Train(corpus, folder);
        var tokenizer = TokenizerFolder.Load(folder);
        var rows = Rows(corpus, tokenizer, plan.Context, plan.Rows);
        var validation = Rows(new Corpus(grammar, ValidationSeed), tokenizer, plan.Context, ValidationRows);
        var files = TokenizerFolder.Files(folder);
        using var model = CausalLM.Build(TinyShape.Config(tokenizer.VocabularySize), MixerSpec.Softmax, new RandomWeights(plan.Seed, dtype, device));
        var report = new TrainingReport(model, Cases(grammar, tokenizer, Math.Min(plan.Context, Corpus.Context)), plan.ReportEvery, Console.Error);
        var trainer = new Trainer(NextToken.All(model, to => CheckpointFiles.Replace(model, files, to)), rows, validation, plan.Options,
            resume ? RunFolder.Resume(folder + ".run") : RunFolder.Create(folder + ".run", overwrite: true));
        var result = trainer.Run(resume, report, stop.Token);
        report.Recall();
        CheckpointFiles.Write(model, files, folder);
        Console.Error.WriteLine($"{folder}: {result.TrainedParameters} parameters, {result.Tokens} tokens at {result.TokensPerSecond:F0}/s, loss {result.Loss:F4}, validation {result.LastValidation:F4}");
        return result.Cancelled ? 130 : 0;
    }

    private static List<PackedRow> Rows(Corpus corpus, Tokenizer tokenizer, int context, long count)
    {
        var clock = Stopwatch.StartNew();
        int[] start = [0];
        var rows = new RowSource(corpus, tokenizer, context).Ahead(Environment.ProcessorCount).Take((int)count).Select(ids => new PackedRow(ids, ids, start)).ToList();
        Console.Error.WriteLine($"{count} rows of {context} tokens made at {count * context / clock.Elapsed.TotalSeconds / 1e6:F2} M tokens/s on {Environment.ProcessorCount} threads");
        return rows;
    }

    private static List<NeedleCase> Cases(Grammar grammar, Tokenizer tokenizer, int context)
    {
        var writer = new NeedleWriter(grammar, tokenizer, context);
        return [.. NeedlesCommand.Distances.Where(distance => distance < context - 48).SelectMany(distance =>
            Enumerable.Range(0, NeedlesADistance).Select(number => writer.Write(new Prng(NeedleSeed, NeedlesCommand.Stream(distance, number)), distance)))];
    }
}
