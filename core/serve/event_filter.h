// Which events a connection's pipelines ask for.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/config/config.h"
#include "core/plugin/roles.h"
#include "core/store/journal.h"

namespace psabridge::serve {

/// The kinds that a pipeline takes: those that it names, else all that are about its entities.
std::set<std::string> wanted_kinds(const config::Pipeline& pipeline, const plugin::ConnectorProfile& profile);

/// Thread-safe once made.
class EventFilter {
 public:
  /// `pipelines` are those of one connection.
  EventFilter(const std::vector<const config::Pipeline*>& pipelines, const plugin::ConnectorProfile& profile);

  /// Why nobody asks for this event, or an empty text.
  std::string objection(const store::Event& event) const;
  /// True when the pipeline takes one of these kinds. A kind that the connector does not know is a hint about
  /// its object all the same.
  bool wants(const std::string& pipeline, const std::set<std::string>& kinds) const;
  /// Entities whose changes are announced to the pipeline.
  std::set<std::string> announced(const std::string& pipeline) const;

 private:
  bool wants(const std::string& pipeline, const std::string& kind) const;

  std::map<std::string, std::set<std::string>> kinds_;     ///< by pipeline
  std::map<std::string, std::set<std::string>> entities_;  ///< by pipeline
  std::map<std::string, plugin::SourceEvent> known_;
};

}  // namespace psabridge::serve
