#include "core/app/live_pipeline.h"

#include "core/app/signals.h"

namespace psabridge::app {
LivePipeline::LivePipeline(Context& context, const config::Pipeline& pipeline)
    : context_(context),
      connection_(context.connection(pipeline.connection)),
      standing_(context.standing()),
      store_{context.writer(), {}},
      memory_(store_),
      services_(connection_, context.installation(), memory_, connection::Purpose::sync),
      assembly_(pipeline::assemble(context.config(), pipeline, context.registry(), services_)) {}

pipeline::RunReport LivePipeline::sync(const pipeline::RunOptions& options, pipeline::RunObserver& observer) {
  standing_.require_usable(connection_);
  return noted(
      pipeline::run_pipeline(assembly_, services_, store_, options, context_.clock(), observer, stop_asked));
}

pipeline::RunReport LivePipeline::refetch(const std::string& entity, std::vector<std::string> ids,
                                          pipeline::RunObserver& observer) {
  standing_.require_usable(connection_);
  return noted(pipeline::refetch(assembly_, services_, store_, entity, std::move(ids), context_.clock(),
                                 observer, stop_asked));
}

pipeline::RunReport LivePipeline::noted(pipeline::RunReport report) {
  auto observed = pipeline::observe(report);
  const net::RateLimiter::Budget budget = services_.limiter().budget();
  const bool in_order = !observed || observed->code.empty();
  if (in_order && budget.closed_for > Milliseconds{0})
    observed = {connection::State::rate_limited, "PB1205",
                "The source asked to wait for another " +
                    std::to_string(budget.closed_for / std::chrono::seconds{1}) + " s."};
  if (observed) standing_.note(connection_, *observed);
  return report;
}

int exit_status(const pipeline::RunReport& report) {
  const bool by_signal = report.run.error_code == "PB1410" && stop_asked();
  return by_signal ? 128 + stop_signal() : report.exit_status();
}

}  // namespace psabridge::app
