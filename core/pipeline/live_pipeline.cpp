#include "core/pipeline/live_pipeline.h"

namespace psabridge::pipeline {

LivePipeline::LivePipeline(const Premises& premises, const config::Pipeline& pipeline)
    : premises_(premises),
      connection_(*premises.config.find_connection(pipeline.connection)),
      standing_(premises.installation.control, premises.installation.redactor, premises.installation.clock),
      memory_(premises.store),
      services_(connection_, premises.installation, memory_, connection::Purpose::sync,
                premises.limiter(connection_)),
      assembly_(assemble(premises.config, pipeline, premises.registry, services_, premises.deduplicator)) {}

RunReport LivePipeline::sync(const RunOptions& options, RunObserver& observer, const plugin::Stop& stop) {
  standing_.require_usable(connection_);
  return noted(run_pipeline(assembly_, services_, premises_.store, options, premises_.installation.clock,
                            observer, stop));
}

RunReport LivePipeline::refetch(const std::string& entity, std::vector<std::string> ids,
                                const RunOptions& options, RunObserver& observer, const plugin::Stop& stop) {
  standing_.require_usable(connection_);
  return noted(pipeline::refetch(assembly_, services_, premises_.store, entity, std::move(ids), options,
                                 premises_.installation.clock, observer, stop));
}

RunReport LivePipeline::noted(RunReport report) {
  auto observed = observe(report);
  const net::RateLimiter::Budget budget = services_.limiter().budget();
  const bool in_order = !observed || observed->code.empty();
  if (in_order && budget.closed_for > Milliseconds{0})
    observed = {connection::State::rate_limited, "PB1205",
                "The source asked to wait for another " +
                    std::to_string(budget.closed_for / std::chrono::seconds{1}) + " s."};
  if (observed) standing_.note(connection_, *observed);
  return report;
}

std::optional<Moves> LivePipeline::moves_of_new_rules(std::size_t samples, const plugin::Stop& stop) {
  if (!assembly_.router) return std::nullopt;
  {
    const std::lock_guard lock(premises_.store.mutex);
    const auto used = premises_.store.writer.decisions().newest_rules(assembly_.pipeline->name);
    if (!used || used->version == assembly_.router->rules().version()) return std::nullopt;
    prepare_store(assembly_, premises_.store.writer);
  }
  return Rerouting(assembly_, premises_.store, premises_.installation.clock)
      .send({.which = TicketRange::Which::open}, Effect::dry, samples, stop);
}

}  // namespace psabridge::pipeline
