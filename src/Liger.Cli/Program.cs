using System.Runtime.InteropServices;
using Liger;
using Liger.Cli;

using var stop = new CancellationTokenSource();
var terminal = Terminal.OfProcess();

// The first Ctrl-C asks the step to stop and save; the second one finds no handler and ends the process.
PosixSignalRegistration[] signals = [];
signals =
[
    PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop),
    PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop),
];

ExitCode result;
try
{
    result = new CommandLine(terminal, stop.Token).Run(args);
}
finally
{
    foreach (var signal in signals) signal.Dispose();
}
return (int)result;

void Stop(PosixSignalContext context)
{
    if (stop.IsCancellationRequested) return;
    context.Cancel = true;
    terminal.Say("stopping after this step (once more to end at once)");
    stop.Cancel();
}
