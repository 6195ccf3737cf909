using TorchSharp.Modules;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class optim
        {
            /// <summary>Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv 1711.05101, algorithm 2).</summary>
            public static AdamW AdamW(IEnumerable<Parameter> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0, bool amsgrad = false, bool maximize = false) =>
                new([new AdamW.ParamGroup(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize)]);

            public static AdamW AdamW(IEnumerable<AdamW.ParamGroup> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0, bool amsgrad = false, bool maximize = false) =>
                new(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);
        }
    }
}

namespace TorchSharp.Modules
{
    public class AdamW : torch.optim.Optimizer
    {
        private readonly List<(Parameter Parameter, State State, Options Options)> trained = [];

        public AdamW(IEnumerable<ParamGroup> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0, bool amsgrad = false, bool maximize = false)
        {
            foreach (var group in parameters)
            {
                var options = (Options)group.Options;
                options.LearningRate ??= lr;
                options.InitialLearningRate = options.LearningRate.Value;
                (options.beta1, options.beta2, options.eps) = (options.beta1 ?? beta1, options.beta2 ?? beta2, options.eps ?? eps);
                (options.weight_decay, options.amsgrad, options.maximize) = (options.weight_decay ?? weight_decay, options.amsgrad ?? amsgrad, options.maximize ?? maximize);
                if (options.amsgrad.Value || options.maximize.Value)
                    throw new NotSupportedException("AdamW: expected amsgrad and maximize false, got true.");
                group.Parameters = [.. group.Parameters];
                Groups.Add(group);
                foreach (var parameter in group.Parameters)
                    trained.Add((parameter, new State(parameter), options));
            }
        }

        /// <summary>The moments of each parameter, in the order of <see cref="torch.optim.Optimizer.parameters"/>.</summary>
        public StateDictionary state_dict() => new([.. trained.Select(t => t.State)]);

        public override torch.Tensor? step(Func<torch.Tensor>? closure = null)
        {
            using var mode = torch.no_grad();
            using var scope = torch.NewDisposeScope();
            foreach (var (parameter, state, options) in trained)
            {
                if (parameter.grad is not { } grad)
                    continue;
                var (lr, beta1, beta2) = (options.LearningRate!.Value, options.beta1!.Value, options.beta2!.Value);
                state.step++;
                var correction1 = 1 - Math.Pow(beta1, state.step);
                var correction2 = 1 - Math.Pow(beta2, state.step);
                parameter.mul_(1 - (lr * options.weight_decay!.Value));
                state.exp_avg.mul_(beta1).add_(grad, alpha: 1 - beta1);
                state.exp_avg_sq.mul_(beta2).addcmul_(grad, grad, value: 1 - beta2);
                var denominator = state.exp_avg_sq.sqrt().div_(Math.Sqrt(correction2)).add_(options.eps!.Value);
                parameter.addcdiv_(state.exp_avg, denominator, value: -lr / correction1);
            }
            return null;
        }

        protected override void Dispose(bool disposing)
        {
            foreach (var (_, state, _) in trained)
                state.Dispose();
        }

        /// <summary>Step count and moments of one parameter.</summary>
        public sealed class State : OptimizerState, IDisposable
        {
            public long step;
            public torch.Tensor exp_avg;
            public torch.Tensor exp_avg_sq;

            public State(Parameter parameter)
            {
                exp_avg = torch.zeros_like(parameter).DetachFromDisposeScope();
                exp_avg_sq = torch.zeros_like(parameter).DetachFromDisposeScope();
            }

            public void Dispose()
            {
                exp_avg.Dispose();
                exp_avg_sq.Dispose();
            }
        }

        public class Options : OptimizerOptions
        {
            public double? beta1;
            public double? beta2;
            public double? weight_decay;
            public double? eps;
            public bool? amsgrad;
            public bool? maximize;
        }

        public class ParamGroup : Modules.ParamGroup
        {
            public ParamGroup(IEnumerable<Parameter> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0, bool amsgrad = false, bool maximize = false)
            {
                Parameters = parameters;
                Options = new Options
                {
                    LearningRate = lr,
                    beta1 = beta1,
                    beta2 = beta2,
                    eps = eps,
                    weight_decay = weight_decay,
                    amsgrad = amsgrad,
                    maximize = maximize,
                };
            }
        }
    }

    public abstract class OptimizerState
    {
    }
}
