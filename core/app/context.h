// Everything that a command may need, made when it is first asked for: `explain` reads no configuration,
// `status` loads no plugin.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/app/log.h"
#include "core/app/options.h"
#include "core/base/clock.h"
#include "core/base/redactor.h"
#include "core/config/config.h"
#include "core/connection/services.h"
#include "core/plugin/registry.h"
#include "core/store/control.h"
#include "core/store/store.h"
#include "core/vault/secrets.h"
#include "core/vault/vault.h"

namespace psabridge::app {

/// One per process. Owned and used by the main thread; what log(), redactor() and clock() give is
/// thread-safe.
class Context {
 public:
  Context(GlobalOptions options, Clock& clock);
  ~Context();

  const GlobalOptions& options() const noexcept { return options_; }
  Clock& clock() noexcept { return clock_; }
  Redactor& redactor() noexcept { return redactor_; }
  Log& log() noexcept { return log_; }

  /// Throws ConfigError, or Error PB1001.
  const config::Config& config();
  /// The built-in plugins, those of --plugins and, when there is a configuration, its own. Refused files are
  /// told to the log.
  const plugin::Registry& registry();
  /// False when nothing was ever stored.
  bool has_store();
  /// The writer when it is open, else a reader. Throws Error PB13xx.
  store::Reader& reader();
  /// Takes the store's lock. Throws Error PB13xx.
  store::Writer& writer();

  /// The control file beside the store; the vault in it; the door to every secret. Thread-safe themselves.
  /// Throw what config() throws.
  store::Control& control();
  vault::Vault& vault();
  vault::Secrets& secrets();
  /// How the connections stand.
  connection::Standing standing();
  /// All of that, for the services of connections. Lives as long as the context.
  connection::Installation installation();

  /// The pipelines of these names, all when none is given. Throws Error PB1602 with a suggestion.
  std::vector<const config::Pipeline*> pipelines(const std::vector<std::string>& names);
  /// The connection of this name; without one, the only one that there is. Throws Error PB1602.
  const config::Connection& connection(const std::string& name);

 private:
  const GlobalOptions options_;
  Clock& clock_;
  Redactor redactor_;
  Log log_;
  std::optional<config::Config> config_;
  std::unique_ptr<plugin::Registry> registry_;
  std::unique_ptr<store::Reader> reader_;
  std::unique_ptr<store::Writer> writer_;
  std::unique_ptr<store::Control> control_;
  std::unique_ptr<vault::Vault> vault_;
  std::unique_ptr<vault::Secrets> secrets_;
};

}  // namespace psabridge::app
