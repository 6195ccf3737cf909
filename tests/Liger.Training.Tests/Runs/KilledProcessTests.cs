using System.Diagnostics;
using Liger.Testing;
using Liger.Training.Tests.Loop;

namespace Liger.Training.Tests.Runs;

/// <summary>Kills a training process again and again and resumes it until it is done.</summary>
public class KilledProcessTests
{
    private static readonly TrainerOptions Options = ResumeTests.Options with { Steps = 40, SaveEvery = 1, ValidateEvery = 2 };

    [Fact]
    public void A_process_killed_at_any_moment_goes_on_to_the_same_bits()
    {
        using var folder = new TemporaryFolder();
        var expected = Train(folder["whole"]);
        var random = new Random(1);
        var killed = 0;
        while (!File.Exists(folder["weights"]))
        {
            var info = new ProcessStartInfo(Environment.ProcessPath ?? "dotnet") { RedirectStandardOutput = true };
            if (Path.GetFileNameWithoutExtension(info.FileName) != "dotnet")
                info.FileName = "dotnet";
            foreach (var argument in new[] { typeof(KilledProcessTests).Assembly.Location, folder["run"], folder["weights"] })
                info.ArgumentList.Add(argument);
            using var process = Process.Start(info)!;
            // The child says when its first step is done: kills before that would test nothing.
            if (process.StandardOutput.ReadLine() is not null && !process.WaitForExit(random.Next(5, 400)))
            {
                process.Kill();
                killed++;
            }
            process.WaitForExit();
            Assert.True(killed < 60, "no progress between kills");
        }
        Assert.True(killed >= 2, $"killed only {killed} times");
        Assert.Equal(expected, File.ReadAllBytes(folder["weights"]));
    }

    /// <summary>What the child process does: trains, resuming what is there, and leaves the weights under their final name.</summary>
    internal static void Child(string folder, string weights)
    {
        using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
        var bytes = Train(folder, resume: Directory.Exists(folder), new TrainerTests.Reports { Then = _ => output.WriteLine("step") });
        File.WriteAllBytes(weights + ".partial", bytes);
        File.Move(weights + ".partial", weights);
    }

    private static byte[] Train(string folder, bool resume = false, IProgress<TrainingProgress>? progress = null)
    {
        using var objective = new ToyObjective { Dropout = true };
        TrainerTests.Trainer(objective, folder, Options, resume).Run(resume, progress);
        return objective.Bytes();
    }
}
