#include "core/app/live_pipeline.h"

#include "core/app/signals.h"

namespace psabridge::app {
namespace {

bool stop_asked() { return stop_signal() != 0; }

}  // namespace

LivePipeline::LivePipeline(Context& context, const config::Pipeline& pipeline)
    : context_(context),
      store_{context.writer(), {}},
      services_(
          context.connection(pipeline.connection), context.config().folder, context.clock(),
          context.redactor(),
          [&log = context.log()](std::uint32_t level, std::string_view tag, std::string_view text) {
            log.write(level, tag, text);
          },
          store_),
      assembly_(pipeline::assemble(context.config(), pipeline, context.registry(), services_)) {}

pipeline::RunReport LivePipeline::sync(const pipeline::RunOptions& options, pipeline::RunObserver& observer) {
  return pipeline::run_pipeline(assembly_, services_, store_, options, context_.clock(), observer,
                                stop_asked);
}

pipeline::RunReport LivePipeline::refetch(const std::string& entity, std::vector<std::string> ids,
                                          pipeline::RunObserver& observer) {
  return pipeline::refetch(assembly_, services_, store_, entity, std::move(ids), context_.clock(), observer,
                           stop_asked);
}

int exit_status(const pipeline::RunReport& report) {
  const bool by_signal = report.run.error_code == "PB1410" && stop_signal() != 0;
  return by_signal ? 128 + stop_signal() : report.exit_status();
}

}  // namespace psabridge::app
