#include "core/app/log.h"

#include <psabridge/abi.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "core/app/terminal.h"

namespace psabridge::app {
namespace {

spdlog::level::level_enum spdlog_level(std::uint32_t level) {
  switch (level) {
    case PSABRIDGE_DEBUG:
      return spdlog::level::debug;
    case PSABRIDGE_INFO:
      return spdlog::level::info;
    case PSABRIDGE_WARNING:
      return spdlog::level::warn;
    default:
      return spdlog::level::err;
  }
}

spdlog::color_mode color_mode() {
  return colours_on(Stream::err) ? spdlog::color_mode::always : spdlog::color_mode::never;
}

}  // namespace

struct Log::Sink {
  spdlog::logger logger{"psabridge", std::make_shared<spdlog::sinks::stderr_color_sink_mt>(color_mode())};
};

Log::Log(std::uint32_t level, const Redactor& redactor)
    : redactor_(redactor), sink_(std::make_unique<Sink>()) {
  sink_->logger.set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
  sink_->logger.set_level(spdlog_level(level));
}

Log::~Log() = default;

void Log::write(std::uint32_t level, std::string_view tag, std::string_view text) {
  if (!sink_->logger.should_log(spdlog_level(level))) return;
  std::string line = tag.empty() ? std::string(text) : std::string(tag) + ": " + std::string(text);
  sink_->logger.log(spdlog_level(level), redactor_.apply(std::move(line)));
}

}  // namespace psabridge::app
