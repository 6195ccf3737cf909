using Liger.Models;
using Liger.Text;

namespace Liger.Evaluation;

/// <summary>Whether a tokenizer and a model, or two models, speak of the same tokens.</summary>
public static class Vocabulary
{
    /// <summary>
    /// Refuses a tokenizer with text tokens that the model has no embedding for. A model with more rows than the tokenizer has tokens is usual
    /// (rows are rounded up), and so are special tokens that were added to a tokenizer and never trained; those are refused only where they occur.
    /// </summary>
    /// <exception cref="EvaluationException">They do not belong together.</exception>
    public static void Check(Tokenizer tokenizer, CausalLM model)
    {
        var size = Of(model);
        for (var id = (int)size; id < tokenizer.VocabularySize; id++)
            if (tokenizer.IdToToken(id) is { } token && !tokenizer.IsSpecial(id))
                throw new EvaluationException(
                    $"vocabulary: the tokenizer's token {id} ('{token}') has no row in the model — expected at most {size} tokens, got {tokenizer.VocabularySize}. Use the tokenizer that the model was trained with.");
    }

    /// <summary>V of a model.</summary>
    internal static long Of(CausalLM model) => model.Head.shape[0];

    internal static void Check(IEnumerable<int> ids, CausalLM model, string where)
    {
        var size = Of(model);
        foreach (var id in ids)
            if (id < 0 || id >= size)
                throw new EvaluationException($"{where}: token {id} — expected one below the model's vocabulary of {size}. Tokenizer and model do not belong together.");
    }

    internal static void Check(CausalLM model, CausalLM original)
    {
        if (Of(model) != Of(original))
            throw new EvaluationException(
                $"original: a vocabulary of {Of(original)} tokens — expected {Of(model)} as the measured model has. Give the checkpoint that the model was converted from.");
    }
}
