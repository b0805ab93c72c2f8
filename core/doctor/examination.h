// The doctor: looks at everything that a connection needs, from the configuration's file to the rights in the
// source, and says of each thing whether it is well, and if not, why and what to do. Changes nothing.
//
// One engine for `doctor`, `connection test` and whoever else wants to know. Every check has a time limit of
// its own; what it could not find out in that time is a finding too.
#pragma once
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/connection/services.h"
#include "core/doctor/notes.h"
#include "core/plugin/registry.h"

namespace psabridge::doctor {

/// What is looked at. Everything outlives the examination.
struct Subjects {
  const config::Config& config;
  std::filesystem::path config_path;  ///< file or folder
  const plugin::Registry& registry;
  const connection::Installation& installation;
};

struct Options {
  bool deep = false;                ///< the checks that read the whole store too
  std::vector<std::string> checks;  ///< only these, by name; empty: all
};

/// A check, for help and documentation.
struct CheckInfo {
  std::string_view name, sentence;
};
/// Those of the installation, then those of a connection, in the order in which they are made. A connector's
/// own checks run under the name "source".
std::vector<CheckInfo> checks();

/// Configuration, plugins, pipelines, files, vault and store.
std::vector<Finding> examine_installation(const Subjects& subjects, const Options& options,
                                          const plugin::Stop& stop);
/// One connection: how it stands, its secrets, the way to its servers, and what its connector says.
std::vector<Finding> examine_connection(const Subjects& subjects, const config::Connection& connection,
                                        const Options& options, const plugin::Stop& stop);

}  // namespace psabridge::doctor
