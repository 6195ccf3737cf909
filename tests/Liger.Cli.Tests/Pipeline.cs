using Liger.Testing;

namespace Liger.Cli.Tests;

/// <summary>A folder with a tiny checkpoint, a text and a recipe, for the tests that go through the command line.</summary>
public abstract class Pipeline : IDisposable
{
    private protected readonly TemporaryFolder folder = new();
    private protected readonly string model;
    private protected readonly string recipe;

    protected Pipeline()
    {
        model = TinyCheckpoint.Write(folder["model"]);
        File.WriteAllText(folder["text.txt"], TinyCheckpoint.Words);
        recipe = folder["tiny.yaml"];
        File.WriteAllText(recipe, """
            run_folder: run
            model:
              path: model
            mixer:
              name: liger-gla
              window: 8
            data:
              train: text.txt
              validation_rows: 2
              context: 16
            lora:
              rank: 2
            train:
              loss: next-token
              steps: 6
              accumulation: 2
              lr: 1e-2
              validate_every: 3
              save_every: 2
              device: cpu
            """);
    }

    public void Dispose()
    {
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected static CliRun Done(params string[] arguments)
    {
        var run = CliRun.Of(arguments);
        Assert.True(run.ExitCode == ExitCode.Done, run.Error);
        return run;
    }

    private protected byte[] Adapter(string run) => File.ReadAllBytes(folder[$"{run}/adapter/adapter_model.safetensors"]);
}
