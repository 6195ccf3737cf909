namespace Liger.Text;

/// <summary>The prompt of Stanford Alpaca, word for word as Liger was finetuned with it. The answer follows directly.</summary>
public static class AlpacaPrompt
{
    /// <summary>The prompt of an instruction.</summary>
    /// <param name="instruction">What is asked for.</param>
    /// <param name="input">What it is asked about; null or empty for none.</param>
    public static string Format(string instruction, string? input = null) => string.IsNullOrEmpty(input)
        ? "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n"
            + $"### Instruction:\n{instruction}\n\n### Response:\n"
        : "Below is an instruction that describes a task, paired with an input that provides further context. "
            + "Write a response that appropriately completes the request.\n\n"
            + $"### Instruction:\n{instruction}\n\n### Input:\n{input}\n\n### Response:\n";
}
