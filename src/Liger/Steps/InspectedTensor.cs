namespace Liger.Steps;

/// <summary>One tensor of a checkpoint.</summary>
/// <param name="Name">Its name in Hugging Face's layout.</param>
/// <param name="Dtype">Its type.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Bytes">Its size in the file, in bytes.</param>
public sealed record InspectedTensor(string Name, string Dtype, IReadOnlyList<long> Shape, long Bytes);
