namespace Liger.Checkpoints;

/// <summary>Reads which layers attend within a window only: Mistral's sliding_window for all layers; Qwen's use_sliding_window, sliding_window and
/// max_window_layers (the first layer that has it), or layer_types where the file lists them.</summary>
internal static class SlidingWindowReader
{
    private const string Full = "full_attention", Sliding = "sliding_attention";

    /// <summary>Reads the fields.</summary>
    /// <param name="json">The whole config.json.</param>
    /// <param name="family">The family.</param>
    /// <param name="layers">The number of layers.</param>
    /// <param name="defaults">The family's defaults.</param>
    /// <returns>The window in keys or null, and one entry a layer.</returns>
    public static (int? Window, bool[] Windowed) Read(JsonFields json, HfFamily family, int layers, HfDefaults defaults)
    {
        var used = family switch
        {
            HfFamily.Mistral => true,
            HfFamily.Qwen2 or HfFamily.Qwen3 => json.BoolOrNull("use_sliding_window") ?? false,
            _ => false,
        };
        int? window = !used ? null : json.IntOrNull("sliding_window", 1, int.MaxValue) ?? (json.IsNamed("sliding_window") ? null : defaults.SlidingWindow);
        var first = family == HfFamily.Mistral ? 0 : json.IntOrNull("max_window_layers", 0, int.MaxValue) ?? defaults.MaxWindowLayers;
        var types = json.TextsOrNull("layer_types");
        if (types is not null && types.Count != layers)
            throw new CheckpointException($"field 'layer_types' has {types.Count} entries — expected num_hidden_layers, {layers}.", json.File);
        var windowed = new bool[layers];
        for (var layer = 0; layer < layers; layer++)
            windowed[layer] = types is null ? window is not null && layer >= first : types[layer] switch
            {
                Full => false,
                Sliding when window is not null => true,
                _ => throw json.Wrong("layer_types", $"{Full}, or {Sliding} where a sliding window is in use", json.Node("layer_types")),
            };
        return (windowed.Contains(true) ? window : null, windowed);
    }
}
