using System.Text.Json.Nodes;

namespace Liger.Checkpoints;

/// <summary>Reads the rotary embedding in both schemas: rope_theta + rope_scaling, and the newer rope_parameters that holds both.</summary>
internal static class RopeReader
{
    private const double LargestTheta = 1e12;
    private const double LargestFactor = 1e6;
    private static readonly string[] TypeKeys = ["rope_type", "type"];

    /// <summary>Reads the fields.</summary>
    /// <param name="config">The whole config.json.</param>
    /// <param name="defaultTheta">The family's rope_theta where the file has none.</param>
    /// <exception cref="CheckpointException">The two schemas contradict each other, or the kind of scaling is not known.</exception>
    public static RopeConfig Read(JsonFields config, double defaultTheta)
    {
        if (config.NumberOrNull("partial_rotary_factor", 0, 1) is { } part && part != 1)
            throw config.Wrong("partial_rotary_factor", "1: rotating a part of each head is not supported", config.Node("partial_rotary_factor"));
        var older = config.ObjectOrNull("rope_scaling");
        var newer = config.ObjectOrNull("rope_parameters");
        if (older is not null && newer is not null && !JsonNode.DeepEquals(config.Node("rope_scaling"), config.Node("rope_parameters")))
            throw new CheckpointException("fields 'rope_scaling' and 'rope_parameters' differ — expected one of them. Remove the wrong one.", config.File);
        var scaling = newer ?? older;
        var outer = Theta(config);
        var inner = scaling is null ? null : Theta(scaling);
        if (outer is not null && inner is not null && outer != inner)
            throw new CheckpointException(
                FormattableString.Invariant($"field 'rope_theta' is {outer} and within the rope fields {inner} — expected one value. Remove the wrong one."), config.File);
        var theta = inner ?? outer ?? defaultTheta;
        return scaling is null ? new RopeConfig(theta) : Scaled(scaling, theta);
    }

    private static double? Theta(JsonFields fields)
    {
        var theta = fields.NumberOrNull("rope_theta", 0, LargestTheta);
        return theta is 0 ? throw fields.Wrong("rope_theta", "more than 0", fields.Node("rope_theta")) : theta;
    }

    private static RopeConfig Scaled(JsonFields scaling, double theta)
    {
        var key = TypeKeys.FirstOrDefault(scaling.Has, TypeKeys[0]);
        if (scaling.NumberOrNull("partial_rotary_factor", 0, 1) is { } part && part != 1)
            throw scaling.Wrong("partial_rotary_factor", "1: rotating a part of each head is not supported", scaling.Node("partial_rotary_factor"));
        switch (scaling.TextOrNull(key))
        {
            case "default":
                return new RopeConfig(theta);
            case "linear":
                return new RopeConfig(theta, RopeType.Linear, Factor(scaling));
            case "llama3":
                return Llama3(scaling, theta);
            case null:
                throw scaling.Missing(TypeKeys[0], "default, linear or llama3");
            default:
                throw scaling.Wrong(key, "default, linear or llama3, the kinds of RoPE scaling that are supported", scaling.Node(key));
        }
    }

    private static RopeConfig Llama3(JsonFields scaling, double theta)
    {
        var low = scaling.Number("low_freq_factor", 1e-6, LargestFactor);
        var high = scaling.Number("high_freq_factor", 1e-6, LargestFactor);
        if (high <= low)
            throw scaling.Wrong("high_freq_factor", "more than low_freq_factor", scaling.Node("high_freq_factor"));
        return new RopeConfig(theta, RopeType.Llama3, Factor(scaling), low, high, scaling.Int("original_max_position_embeddings", 1, int.MaxValue));
    }

    private static double Factor(JsonFields scaling) => scaling.Number("factor", 1, LargestFactor);
}
