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
        Assert.Equal([new LossAt(0, 4.5), new LossAt(200, 3.5)], LossCurve.Read(folder["metrics.jsonl"], [""]));
        Assert.Empty(LossCurve.Read(folder["metrics.jsonl"], []));
        Assert.Empty(LossCurve.Read(folder["none.jsonl"], [""]));
    }

    [Fact]
    public void Stages_go_on_counting_and_only_next_token_losses_are_taken()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder["metrics.jsonl"],
        [
            """{"stage":"layers","step":1,"loss":9,"tokens":100}""",
            """{"stage":"layers","step":1,"validation_loss":8,"validation_layer_0":8}""",
            """{"stage":"distill","step":0,"validation_loss":1,"validation_kl":1,"validation_next_token":3}""",
            """{"stage":"distill","step":1,"loss":1,"tokens":50}""",
            """{"stage":"distill","step":1,"validation_loss":0.5,"validation_kl":0.5,"validation_next_token":2.5}""",
            """{"stage":"distill","step":2,"validation_loss":null,"validation_next_token":null}""",
            """{"stage":"long","step":1,"loss":2,"tokens":10}""",
            """{"stage":"long","step":1,"validation_loss":2}""",
        ]);
        Assert.Equal([new LossAt(100, 3), new LossAt(150, 2.5), new LossAt(160, 2)], LossCurve.Read(folder["metrics.jsonl"], ["long"]));
    }
}
