using System.Text.Json.Nodes;
using Liger.Checkpoints;
using Liger.Models.Mixers;

namespace Liger.Training;

/// <summary>The mixers that an adapter was trained with, beside it in its folder; PEFT does not read it.</summary>
public static class AdapterMixer
{
    /// <summary>The file's name.</summary>
    public const string FileName = "mixer.json";

    /// <summary>Where the mixers of a model differ from those that an adapter was trained with; null where they do not, or nobody noted them.</summary>
    /// <param name="folder">The adapter's folder.</param>
    /// <param name="model">The model's mixers.</param>
    public static string? Difference(string folder, MixerPlan model)
    {
        var file = Path.Combine(folder, FileName);
        if (!File.Exists(file))
            return null;
        var (trained, now) = (JsonFile.Read(file), model.ToJson());
        return JsonNode.DeepEquals(trained, now) ? null : $"{folder}: trained with another mixer ({trained.ToJsonString()}) than the model has ({now.ToJsonString()})";
    }

    internal static void Write(string folder, MixerPlan plan) => JsonFile.Write(Path.Combine(folder, FileName), plan.ToJson());
}
