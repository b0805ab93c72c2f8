#include "core/pipeline/cursor_stamp.h"

#include <xxhash.h>

#include <array>
#include <cstdio>

namespace psabridge::pipeline {

std::string settings_stamp(const Stage& stage, const config::Pipeline& pipeline, std::int64_t last_merge) {
  std::string text = stage.use ? boost::json::serialize(stage.use->filters.values) : "{}";
  for (const FieldSchema& field : stage.schema().fields)
    (text += '\n') += field.name + ":" + std::string(psabridge::name_of(field.type));
  if (const auto mappings = pipeline.map.find(stage.entity); mappings != pipeline.map.end())
    for (const config::FieldMapping& mapping : mappings->second) {
      text += "\nmap " + mapping.field + "=" + mapping.fallback.value_or("");
      if (mapping.unmapped != "keep") text += "?" + mapping.unmapped;
      for (const std::string& from : mapping.from) text += "<" + from;
      for (const auto& [from, to] : mapping.values) text += "|" + from + ">" + to;
    }
  if (last_merge != 0) text += "\nmerge " + std::to_string(last_merge);
  std::array<char, 17> hex{};
  std::snprintf(hex.data(), hex.size(), "%016llx",
                static_cast<unsigned long long>(XXH3_64bits(text.data(), text.size())));
  return hex.data();
}

std::string stamped_cursor(std::string_view stamp, std::string_view cursor) {
  return std::string(stamp) + " " + std::string(cursor);
}

std::string_view unstamped_cursor(std::string_view stored, std::string_view stamp) {
  if (!stored.starts_with(stamp) || stored.size() <= stamp.size() || stored[stamp.size()] != ' ') return {};
  return stored.substr(stamp.size() + 1);
}

}  // namespace psabridge::pipeline
