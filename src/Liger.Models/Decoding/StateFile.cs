using System.Globalization;
using Liger.Checkpoints;

namespace Liger.Models.Decoding;

/// <summary>A <see cref="DecodeState"/> as a safetensors file: what a model remembers of a conversation, to go on from later, once or often.</summary>
public static class StateFile
{
    private const string Format = "liger-state", Version = "1";
    private const string FormatKey = "format", VersionKey = "version", PositionsKey = "positions", RaggedKey = "ragged", MixersKey = "mixers", DtypeKey = "dtype";

    /// <summary>Writes a state; a file of that name is replaced in one step.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The model that made it.</param>
    /// <param name="state">The state.</param>
    /// <param name="notes">What the caller wants to find again, and what identifies the model.</param>
    /// <exception cref="CheckpointException">The file cannot be written.</exception>
    public static void Save(string path, CausalLM model, DecodeState state, IReadOnlyDictionary<string, string> notes)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        var tensors = state.Layers.SelectMany((layer, i) => layer.Save().Select(t => (Name: $"layers.{i}.{t.Name}", t.Tensor))).ToList();
        var metadata = new Dictionary<string, string>(notes)
        {
            [FormatKey] = Format,
            [VersionKey] = Version,
            [PositionsKey] = string.Join(',', state.Next.Select(n => n.ToString(CultureInfo.InvariantCulture))),
            [RaggedKey] = state.Ragged ? "true" : "false",
            [MixersKey] = model.Plan.ToJson().ToJsonString(),
            [DtypeKey] = SafeTensorsDtype.Name(model.Dtype),
        };
        using var writer = SafeTensorsWriter.Create(path, tensors.Select(t => new SafeTensorEntry(t.Name, t.Tensor.dtype, t.Tensor.shape)), metadata);
        foreach (var (name, tensor) in tensors)
            writer.Write(name, tensor);
        writer.Commit();
    }

    /// <summary>Reads a state.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The model that goes on; it must have the same mixers and dtype as the one that made it.</param>
    /// <param name="same">What must be as it was saved, with words for what differs otherwise: key, value, "the model".</param>
    /// <returns>The state, which the caller disposes, and the notes.</returns>
    /// <exception cref="CheckpointException">The file is damaged.</exception>
    /// <exception cref="ModelException">It is no state, or one of another model, mixer or dtype.</exception>
    public static (DecodeState State, IReadOnlyDictionary<string, string> Notes) Load(string path, CausalLM model, params IEnumerable<(string Key, string Value, string What)> same)
    {
        using var mode = no_grad();
        using var file = SafeTensorsFile.Open(path);
        var notes = file.Metadata;
        if (notes.GetValueOrDefault(FormatKey) != Format || notes.GetValueOrDefault(VersionKey) != Version)
            throw new ModelException($"{path}: is no saved state that this version reads — expected format {Format} {Version}, got {notes.GetValueOrDefault(FormatKey) ?? "none"} {notes.GetValueOrDefault(VersionKey)}.");
        IEnumerable<(string Key, string Value, string What)> all = [(MixersKey, model.Plan.ToJson().ToJsonString(), "mixer"), (DtypeKey, SafeTensorsDtype.Name(model.Dtype), "dtype"), .. same];
        foreach (var (key, value, what) in all)
            if (notes.GetValueOrDefault(key) != value)
                throw new ModelException($"{path}: was saved by another {what} — expected {value}, got {notes.GetValueOrDefault(key) ?? "nothing"}. Load it with the model that saved it.");
        try
        {
            long[] positions = [.. notes[PositionsKey].Split(',').Select(n => long.Parse(n, CultureInfo.InvariantCulture))];
            var state = model.NewState(positions.Length);
            try
            {
                using var scope = NewDisposeScope();
                for (var i = 0; i < state.Layers.Count; i++)
                    state.Layers[i].Load(name => file.Read($"layers.{i}.{name}"));
                state.Restore(positions, notes[RaggedKey] == "true");
                return (state, notes);
            }
            catch
            {
                state.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is KeyNotFoundException or FormatException or ArithmeticException or IndexOutOfRangeException or ArgumentException or InvalidOperationException
            or System.Runtime.InteropServices.ExternalException)
        {
            throw new ModelException($"{path}: is damaged: {e.Message.Split('\n')[0]}");
        }
    }
}
