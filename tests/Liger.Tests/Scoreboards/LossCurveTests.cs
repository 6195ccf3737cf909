using Liger.Scoreboards;
using Liger.Testing;

namespace Liger.Tests.Scoreboards;

public sealed class LossCurveTests
{
    [Fact]
    public void Validations_stand_at_the_tokens_before_them_and_torn_lines_are_passed_over()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder["metrics.jsonl"],
        [
            """{"step":0,"validation_loss":4.5,"best":true}""",
            """{"step":1,"loss":4,"tokens":100}""",
            "[1]",
            """{"step":2,"loss":3,"tokens":200}""",
            """{"step":2,"validation_loss":3.5}""",
            """{"step":3,"loss":2,"tok""",
        ]);
        Assert.Equal([new LossAt(0, 4.5), new LossAt(200, 3.5)], LossCurve.Read(folder["metrics.jsonl"]));
        Assert.Empty(LossCurve.Read(folder["none.jsonl"]));
    }
}
