namespace TorchSharp;

/// <summary>Disposes, when it ends, whatever was created on its thread while it was the innermost scope, unless moved out.</summary>
public sealed class DisposeScope : IDisposable
{
    [ThreadStatic]
    private static DisposeScope? current;

    private readonly HashSet<torch.Tensor> members = new(ReferenceEqualityComparer.Instance);
    private readonly DisposeScope? outer;
    private bool ended;

    internal DisposeScope()
    {
        outer = current;
        current = this;
    }

    internal static DisposeScope? Current => current;

    public int DisposablesCount => members.Count;

    public IReadOnlyList<IDisposable> DisposablesView => [.. members];

    public T MoveToOuter<T>(T disposable)
        where T : IDisposable
    {
        if (disposable is torch.Tensor tensor && members.Remove(tensor))
            tensor.Owner = outer;
        return disposable;
    }

    public void MoveToOuter(params IDisposable[] disposables) => MoveToOuter((IEnumerable<IDisposable>)disposables);

    public void MoveToOuter(IEnumerable<IDisposable> disposables)
    {
        foreach (var disposable in disposables)
            MoveToOuter<IDisposable>(disposable);
    }

    public T Detach<T>(T disposable)
        where T : IDisposable
    {
        if (disposable is torch.Tensor tensor && members.Contains(tensor))
            tensor.Owner = null;
        return disposable;
    }

    public T Attach<T>(T disposable)
        where T : IDisposable
    {
        if (disposable is torch.Tensor tensor)
            tensor.Owner = this;
        return disposable;
    }

    public bool Contains(IDisposable disposable) => disposable is torch.Tensor tensor && members.Contains(tensor);

    public void DisposeEverything() => DisposeEverythingBut([]);

    public void DisposeEverythingBut(IEnumerable<IDisposable> inKeep)
    {
        var keep = new HashSet<IDisposable>(inKeep, ReferenceEqualityComparer.Instance);
        foreach (var tensor in members.Where(m => !keep.Contains(m)).ToArray())
            tensor.Dispose();
    }

    public void Dispose()
    {
        if (ended)
            return;
        ended = true;
        DisposeEverything();
        // Scopes nest; ending an outer one first would leave its inner ones without a place to move to.
        if (ReferenceEquals(current, this))
            current = outer;
    }

    internal void Add(torch.Tensor tensor) => members.Add(tensor);

    internal void Remove(torch.Tensor tensor) => members.Remove(tensor);
}

public static partial class torch
{
    public static DisposeScope NewDisposeScope() => new();

    public static DisposeScope? CurrentDisposeScope => DisposeScope.Current;
}
