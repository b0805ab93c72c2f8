// The YAML that commands write for admins: with a comment where a word is needed.
#pragma once
#include <string>
#include <vector>

namespace psabridge::app {

/// What is said of a connection to Halo; what is empty is left out of the text.
struct NewConnection {
  std::string name, url, tenant;
  std::string grant = "client_credentials";
  std::string client_id = {}, redirect_uri = {}, ca_file = {}, proxy = {};
  std::vector<std::string> scopes = {};
  bool allow_private = false;
  bool has_secret = true;  ///< secret://NAME is its client secret or API key
};

/// The beginning of a configuration: version and store.
std::string configuration_start();
/// The value of `connections.NAME`, for config::with_entry.
std::string connection_block(const NewConnection& connection);
/// The value of `pipelines.NAME`: everything that is usually read, for config::with_entry.
std::string pipeline_block(const std::string& connection);

}  // namespace psabridge::app
