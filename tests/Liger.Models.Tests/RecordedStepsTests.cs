using Liger.Models.Decoding;
using Liger.Models.Mixers;
using Liger.Testing;

namespace Liger.Models.Tests;

public class RecordedStepsTests
{
    [Theory]
    [InlineData("liger-gla", 3)]
    [InlineData("liger-gla", 40)]
    [InlineData("liger-gated-delta", 9)]
    [InlineData("window", 1)]
    [InlineData("window", 23)]
    [InlineData("gsa", 23)]
    [InlineData("window cache-bits=8", 23)]
    [InlineData("liger-gla cache-bits=8", 3)]
    public void Steps_in_recordable_form_give_the_same_and_leave_the_same_state(string mixer, int prompt)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        using var model = TinyModel.Make(MixerSpec.Parse(mixer == "gsa" ? mixer : $"{mixer} window=7 sinks=2"), dtype: float64);
        var ids = TinyModel.Ids(2, prompt + 40);
        using DecodeState plain = model.NewState(2), recorded = model.NewState(2);
        model.Step(ids.narrow(1, 0, prompt), plain);
        model.Step(ids.narrow(1, 0, prompt), recorded);
        for (int at = prompt, round = 0; round < 2; round++)
        {
            using (var steps = RecordedSteps.Start(model, recorded)!)
                for (var i = 0; i < 17; i++, at++)
                    TensorAssert.Close(steps.Step(ids.narrow(1, at, 1)), model.Step(ids.narrow(1, at, 1), plain), name: $"step {at}");
            Assert.Equal(plain.Position, recorded.Position);
            TensorAssert.Close(model.Step(ids.narrow(1, at, 2), recorded), model.Step(ids.narrow(1, at, 2), plain), name: $"after round {round}");
            at += 2;
        }
        var before = LiveTensors.Count();
        RecordedSteps.Start(model, recorded)!.Dispose();
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void Unbounded_attention_is_not_recorded()
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        using var model = TinyModel.Make(MixerSpec.Softmax);
        using var state = model.NewState(1);
        model.Step(TinyModel.Ids(1, 5), state);
        Assert.Null(RecordedSteps.Start(model, state));
    }
}
