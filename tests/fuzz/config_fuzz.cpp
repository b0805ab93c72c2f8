// Any bytes: load_text returns or throws Error, and what it returns can be looked at.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/config/config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const psabridge::config::Config config = psabridge::config::load_text(text, "fuzz.yaml");
    for (const auto& pipeline : config.pipelines)
      if (!config.find_connection(pipeline.connection)) std::abort();
  } catch (const psabridge::config::ConfigError& error) {
    for (const auto& problem : error.problems())
      if (!psabridge::find_error(problem.code) || problem.message.empty()) std::abort();
  }
  return 0;
}
