namespace Liger.Ops;

/// <summary>
/// Which keys a query may attend to: those of its own document, not later than itself, and, where a window is set, among the last
/// <see cref="Window"/> positions (the query's own counted) or the document's first <see cref="Sinks"/>.
/// </summary>
/// <param name="Window">Positions visible, the current one included; null is all.</param>
/// <param name="Sinks">First positions of a document that stay visible; needs a window.</param>
public readonly record struct Visibility(int? Window = null, int Sinks = 0)
{
    /// <summary>The mask of visible pairs.</summary>
    /// <param name="queryPositions">[Tq] or [B,Tq]: positions inside their document.</param>
    /// <param name="keyPositions">[Tk] or [B,Tk].</param>
    /// <param name="queryDocuments">[B,Tq] document numbers, −1 for padding; null where every row is one document.</param>
    /// <param name="keyDocuments">[B,Tk], given with queryDocuments.</param>
    /// <returns>[Tq,Tk] or [B,Tq,Tk], true where visible.</returns>
    public Tensor Mask(Tensor queryPositions, Tensor keyPositions, Tensor? queryDocuments = null, Tensor? keyDocuments = null)
    {
        using var scope = NewDisposeScope();
        var distance = queryPositions.unsqueeze(-1) - keyPositions.unsqueeze(-2);
        var visible = distance.ge(0);
        if (Window is { } window)
        {
            var near = distance.lt(window);
            visible = visible.logical_and(Sinks > 0 ? near.logical_or(keyPositions.lt(Sinks).unsqueeze(-2)) : near);
        }
        if (queryDocuments is not null && keyDocuments is not null)
            visible = visible.logical_and(queryDocuments.unsqueeze(-1).eq(keyDocuments.unsqueeze(-2)));
        return visible.MoveToOuterDisposeScope();
    }
}
