// Everything that a command may need, made when it is first asked for: `explain` reads no configuration,
// `status` loads no plugin.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/app/lent.h"
#include "core/app/log.h"
#include "core/app/options.h"
#include "core/base/clock.h"
#include "core/base/redactor.h"
#include "core/config/config.h"
#include "core/connection/services.h"
#include "core/dedup/deduplicator.h"
#include "core/pipeline/live_pipeline.h"
#include "core/plugin/offline_host.h"
#include "core/plugin/registry.h"
#include "core/store/control.h"
#include "core/store/shared_writer.h"
#include "core/store/store.h"
#include "core/vault/secrets.h"
#include "core/vault/vault.h"

namespace psabridge::app {

/// One per command. Used by one thread; what log(), redactor() and clock() give is thread-safe.
class Context {
 public:
  Context(GlobalOptions options, Clock& clock);
  /// For a command that a daemon does for somebody: configuration, plugins, store and journal are the
  /// daemon's, which outlives the context. `caller`: who asks; `inputs`: what he read for it.
  Context(GlobalOptions options, Clock& clock, const Lent& lent, std::string caller,
          std::map<std::string, std::string> inputs);
  ~Context();

  const GlobalOptions& options() const noexcept { return options_; }
  Clock& clock() noexcept { return clock_; }
  Redactor& redactor() noexcept { return lent_ ? lent_->premises.installation.redactor : redactor_; }
  Log& log() noexcept { return log_; }

  /// Who decides: the one that --by names, else who calls.
  const std::string& decider(const std::string& named) const { return named.empty() ? caller_ : named; }
  const std::string& caller() const noexcept { return caller_; }

  /// Text of a file that the command line names; - is standard input. Read once, and by the caller of a
  /// daemon. Throws Error PB1601.
  const std::string& input(const std::string& file);
  /// What was read so, by the file as it was named.
  const std::map<std::string, std::string>& inputs() const noexcept { return inputs_; }

  /// Throws ConfigError, or Error PB1001.
  const config::Config& config();
  /// The built-in plugins, those of --plugins and, when there is a configuration, its own. Refused files are
  /// told to the log.
  const plugin::Registry& registry();
  /// False when nothing was ever stored.
  bool has_store();
  /// Sees what is committed. Throws Error PB13xx.
  store::Reader& reader();
  /// Takes the store's lock, for as long as the context lives. Throws Error PB13xx.
  store::SharedWriter& shared_writer();
  /// That writer, to oneself for the life of the result.
  store::Turn writer() { return store::Turn(shared_writer()); }
  /// Gives the store's lock back. Nothing that writer() or premises() gave is in use any more.
  void close_store();
  /// The duplicates of the store; takes the store's lock. Whoever uses it has the writer to oneself.
  dedup::Deduplicator& deduplicator();
  /// What pipelines need to run; takes the store's lock. Lives as long as the context.
  const pipeline::Premises& premises();

  /// The journal's writer; takes its lock. Throws Error PB13xx.
  store::Journal& journal();
  /// Sees what is committed to the journal. Throws Error PB13xx.
  store::JournalReader& journal_reader();
  /// Null outside of a daemon.
  serve::Daemon* daemon() noexcept { return lent_ ? &lent_->daemon : nullptr; }
  /// As long as the result lives the daemon's polls rest: for commands that run pipelines. Null outside of a
  /// daemon.
  std::unique_ptr<serve::Scheduler::Pause> alone();

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
  const std::optional<Lent> lent_;
  const std::string caller_;
  std::map<std::string, std::string> inputs_;
  Clock& clock_;
  Redactor redactor_;
  Log log_;
  std::optional<config::Config> config_;
  std::unique_ptr<plugin::Registry> registry_;
  std::unique_ptr<store::Reader> reader_;
  std::unique_ptr<store::Writer> writer_;
  std::unique_ptr<store::SharedWriter> shared_writer_;
  plugin::OfflineHost offline_host_;  ///< of strategies that find duplicates
  std::unique_ptr<dedup::Deduplicator> deduplicator_;
  std::map<std::string, std::shared_ptr<net::RateLimiter>> limiters_;  ///< by connection
  std::optional<pipeline::Premises> premises_;
  std::unique_ptr<store::Journal> journal_;
  std::unique_ptr<store::JournalReader> journal_reader_;
  std::unique_ptr<store::Control> control_;
  std::unique_ptr<vault::Vault> vault_;
  std::unique_ptr<vault::Secrets> secrets_;
};

}  // namespace psabridge::app
