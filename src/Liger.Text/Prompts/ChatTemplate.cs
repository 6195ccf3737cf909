namespace Liger.Text;

/// <summary>
/// How a conversation is written out for a model. The template is chosen by name or by the tokenizer's tokens; a template program in the
/// checkpoint is never executed. What the assistant says, and the token that ends it, is scored; all else is not.
/// </summary>
public abstract class ChatTemplate
{
    private static readonly ChatTemplate[] All = [new Llama3Template(), new ChatMlTemplate(), new InstTemplate("llama-2", systemTags: true), new InstTemplate("mistral", systemTags: false)];

    /// <summary>The names of the templates.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(t => t.Name)];

    /// <summary>The template's name in recipes.</summary>
    public abstract string Name { get; }

    /// <summary>The template of a name.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="TextException">There is none of that name.</exception>
    public static ChatTemplate Named(string name) => All.FirstOrDefault(t => t.Name == name)
        ?? throw new TextException($"chat template: '{name}' is unknown — expected one of {string.Join(", ", Names)}.");

    /// <summary>The template that the tokenizer's special tokens belong to: those of Llama 3 or of ChatML.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <exception cref="TextException">The tokens tell nothing: [INST] is plain text, for instance.</exception>
    public static ChatTemplate Detect(Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        return All.FirstOrDefault(t => t.Signs.Count > 0 && t.Signs.All(sign => tokenizer.TokenToId(sign) is not null))
            ?? throw new TextException($"chat template: the tokenizer's special tokens do not tell which one the model knows. Name one of {string.Join(", ", Names)}.");
    }

    /// <summary>A whole conversation as a training example.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="messages">An optional system message, then user and assistant in turn.</param>
    /// <exception cref="TextException">The turns are out of order, nothing is answered, or the tokenizer lacks a token of the template.</exception>
    public TokenSequence Encode(Tokenizer tokenizer, IReadOnlyList<ChatMessage> messages)
    {
        CheckTurns(messages);
        if (messages.All(m => m.Role != "assistant"))
            throw new TextException("conversation: no assistant message — expected at least one, as nothing else is learnt.");
        var output = new TokenSequenceBuilder(tokenizer);
        Write(output, messages, answerNext: false);
        return output.Build();
    }

    /// <summary>A conversation up to where the assistant is to speak.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="messages">An optional system message, then user and assistant in turn, the last a user's.</param>
    /// <exception cref="TextException">The turns are out of order, or the tokenizer lacks a token of the template.</exception>
    public IReadOnlyList<int> EncodePrompt(Tokenizer tokenizer, IReadOnlyList<ChatMessage> messages)
    {
        CheckTurns(messages);
        if (messages[^1].Role != "user")
            throw new TextException($"conversation: the last message is the {messages[^1].Role}'s — expected a user's, to be answered.");
        var output = new TokenSequenceBuilder(tokenizer);
        Write(output, messages, answerNext: true);
        return output.Build().Ids;
    }

    /// <summary>The tokens whose presence in a vocabulary tells that the model knows this template.</summary>
    private protected abstract IReadOnlyList<string> Signs { get; }

    private protected abstract void Write(TokenSequenceBuilder output, IReadOnlyList<ChatMessage> messages, bool answerNext);

    /// <summary>The id of a token that the template needs.</summary>
    private protected int Token(TokenSequenceBuilder output, string token) => output.Tokenizer.TokenToId(token)
        ?? throw new TextException($"chat template {Name}: the tokenizer has no token '{token}'. Choose a template that the model was trained with.");

    private static void CheckTurns(IReadOnlyList<ChatMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var expected = "system or user";
        foreach (var (role, _) in messages)
        {
            if (!expected.Split(" or ").Contains(role))
                throw new TextException($"conversation: a message of '{role}' — expected {expected} there.");
            expected = role == "user" ? "assistant" : "user";
        }
        if (messages.Count == 0)
            throw new TextException("conversation: no messages — expected at least one.");
    }
}

/// <summary>Llama 3's: header tokens around the role, &lt;|eot_id|&gt; after every message.</summary>
internal sealed class Llama3Template : ChatTemplate
{
    public override string Name => "llama-3";

    private protected override IReadOnlyList<string> Signs => ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"];

    private protected override void Write(TokenSequenceBuilder output, IReadOnlyList<ChatMessage> messages, bool answerNext)
    {
        output.Add(Token(output, "<|begin_of_text|>"), scored: false);
        foreach (var (role, content) in messages)
        {
            Header(output, role);
            output.Text(content.Trim(), role == "assistant").Add(Token(output, "<|eot_id|>"), role == "assistant");
        }
        if (answerNext)
            Header(output, "assistant");
    }

    private void Header(TokenSequenceBuilder output, string role) =>
        output.Add(Token(output, "<|start_header_id|>"), scored: false).Text(role, scored: false).Add(Token(output, "<|end_header_id|>"), scored: false).Text("\n\n", scored: false);
}

/// <summary>ChatML, as Qwen uses it: &lt;|im_start|&gt;role, line break, content, &lt;|im_end|&gt;, line break. No system message is invented.</summary>
internal sealed class ChatMlTemplate : ChatTemplate
{
    public override string Name => "chatml";

    private protected override IReadOnlyList<string> Signs => ["<|im_start|>", "<|im_end|>"];

    private protected override void Write(TokenSequenceBuilder output, IReadOnlyList<ChatMessage> messages, bool answerNext)
    {
        foreach (var (role, content) in messages)
        {
            var scored = role == "assistant";
            output.Add(Token(output, "<|im_start|>"), scored: false);
            if (scored)
                output.Text("assistant\n", scored: false).Text(content, scored: true);
            else
                output.Text($"{role}\n{content}", scored: false);
            output.Add(Token(output, "<|im_end|>"), scored).Text("\n", scored: false);
        }
        if (answerNext)
            output.Add(Token(output, "<|im_start|>"), scored: false).Text("assistant\n", scored: false);
    }
}

/// <summary>
/// The [INST] templates. Llama 2: every exchange is a text of its own, from &lt;s&gt; to &lt;/s&gt;, the system message in tags within the first.
/// Mistral: one &lt;s&gt;, the system message in front of the first question.
/// </summary>
internal sealed class InstTemplate(string name, bool systemTags) : ChatTemplate
{
    public override string Name => name;

    private protected override IReadOnlyList<string> Signs => [];

    private protected override void Write(TokenSequenceBuilder output, IReadOnlyList<ChatMessage> messages, bool answerNext)
    {
        var (begin, end) = (Token(output, "<s>"), Token(output, "</s>"));
        var system = "";
        var prompt = "";
        var first = true;
        foreach (var (role, content) in messages)
        {
            switch (role)
            {
                case "system":
                    system = systemTags ? $"<<SYS>>\n{content.Trim()}\n<</SYS>>\n\n" : content.Trim() + "\n\n";
                    break;
                case "user":
                    prompt = $"[INST] {system}{content.Trim()} [/INST]";
                    system = "";
                    if (first || systemTags)
                        output.Add(begin, scored: false);
                    output.Text(prompt, scored: false);
                    first = false;
                    break;
                default:
                    Answer(output, prompt, $" {content.Trim()}{(systemTags ? " " : "")}");
                    output.Add(end, scored: true);
                    break;
            }
        }
    }

    /// <summary>Prompt and answer are one text to the tokenizer; the answer's tokens are those past the prompt's, where these do not change.</summary>
    private static void Answer(TokenSequenceBuilder output, string prompt, string answer)
    {
        var before = output.Tokenizer.EncodeToIds(prompt, addSpecialTokens: false);
        var together = output.Tokenizer.EncodeToIds(prompt + answer, addSpecialTokens: false);
        if (together.Take(before.Count).SequenceEqual(before))
            output.Add(together.Skip(before.Count), scored: true);
        else
            output.Text(answer, scored: true);
    }
}
