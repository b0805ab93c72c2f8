#include "core/app/context.h"

#include <psabridge/abi.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>

#include "core/app/own_name.h"
#include "core/base/text.h"

namespace psabridge::app {
namespace {

std::uint32_t log_level(const GlobalOptions& options) {
  if (options.debug) return PSABRIDGE_DEBUG;
  return options.quiet ? PSABRIDGE_ERROR : PSABRIDGE_INFO;
}

/// The item of a name; the error names the near ones.
template <class Item>
const Item& pick(const std::vector<Item>& items, const std::string& name, const char* kind) {
  const auto found = std::ranges::find(items, name, &Item::name);
  if (found != items.end()) return *found;
  std::vector<std::string_view> names(items.size());
  std::ranges::transform(items, names.begin(), &Item::name);
  throw Error("PB1602", "The configuration has no " + std::string(kind) + " \"" + name + "\"." +
                            did_you_mean(name, names));
}

}  // namespace

Context::Context(GlobalOptions options, Clock& clock)
    : options_(std::move(options)),
      caller_(own_name()),
      clock_(clock),
      log_(log_level(options_), redactor_) {}

Context::Context(GlobalOptions options, Clock& clock, const Lent& lent, std::string caller,
                 std::map<std::string, std::string> inputs)
    : options_(std::move(options)),
      lent_(lent),
      caller_(std::move(caller)),
      inputs_(std::move(inputs)),
      clock_(clock),
      log_(log_level(options_), lent.premises.installation.redactor) {}

Context::~Context() = default;

const std::string& Context::input(const std::string& file) {
  if (const auto known = inputs_.find(file); known != inputs_.end()) return known->second;
  std::ifstream stream;
  if (!lent_ && file != "-") stream.open(file, std::ios::binary);
  std::istream& from = file == "-" ? std::cin : stream;
  if (lent_ || !from) throw Error("PB1601", "The file " + file + " cannot be read.");
  return inputs_[file] = {std::istreambuf_iterator<char>(from), {}};
}

const config::Config& Context::config() {
  if (lent_) return lent_->premises.config;
  // Absolute, so that messages name the file wherever they are read.
  if (!config_)
    config_ = config::load(std::filesystem::absolute(options_.config),
                           {.allow_plain_secrets = options_.allow_plain});
  return *config_;
}

const plugin::Registry& Context::registry() {
  if (lent_) return lent_->premises.registry;
  if (registry_) return *registry_;
  const config::PluginPolicy configured =
      config::is_present(options_.config) ? config().plugins : config::PluginPolicy();
  auto folders = options_.plugin_folders;
  folders.insert(folders.begin(), plugin::builtin_folder());
  folders.insert(folders.end(), configured.folders.begin(), configured.folders.end());
  registry_ = std::make_unique<plugin::Registry>();
  registry_->load_folders(folders, configured.pins);
  for (const auto& refusal : registry_->refusals())
    log_.write(PSABRIDGE_WARNING, refusal.code, refusal.message);
  return *registry_;
}

bool Context::has_store() {
  constexpr std::string_view kSqlite = "sqlite:";
  const auto& url = config().store;
  return !url.starts_with(kSqlite) || std::filesystem::exists(url.substr(kSqlite.size()));
}

store::Reader& Context::reader() {
  if (!reader_) reader_ = store::open_reader(config().store);
  return *reader_;
}

store::SharedWriter& Context::shared_writer() {
  if (lent_) return lent_->premises.store;
  if (shared_writer_) return *shared_writer_;
  writer_ = store::open_writer(config().store, clock_);
  shared_writer_.reset(new store::SharedWriter{*writer_});
  return *shared_writer_;
}

void Context::close_store() {
  premises_.reset();
  deduplicator_.reset();
  shared_writer_.reset();
  writer_.reset();
}

const pipeline::Premises& Context::premises() {
  if (lent_) return lent_->premises;
  if (premises_) return *premises_;
  for (const config::Connection& connection : config().connections)
    limiters_.emplace(connection.name, connection::make_limiter(connection, clock_));
  premises_.emplace(pipeline::Premises{
      config(), registry(), installation(), shared_writer(), deduplicator(),
      [this](const config::Connection& connection) { return limiters_.at(connection.name); }});
  return *premises_;
}

dedup::Deduplicator& Context::deduplicator() {
  if (lent_) return lent_->premises.deduplicator;
  if (!deduplicator_)
    deduplicator_ =
        std::make_unique<dedup::Deduplicator>(config(), registry(), offline_host_, shared_writer(), clock_);
  return *deduplicator_;
}

store::Journal& Context::journal() {
  if (lent_) return lent_->daemon.journal();
  if (!journal_) journal_ = std::make_unique<store::Journal>(config().store, clock_);
  return *journal_;
}

store::JournalReader& Context::journal_reader() {
  if (!journal_reader_) journal_reader_ = std::make_unique<store::JournalReader>(config().store);
  return *journal_reader_;
}

std::unique_ptr<serve::Scheduler::Pause> Context::alone() { return lent_ ? lent_->daemon.alone() : nullptr; }

store::Control& Context::control() {
  if (lent_) return lent_->premises.installation.control;
  if (!control_) control_ = std::make_unique<store::Control>(config().store, clock_);
  return *control_;
}

vault::Vault& Context::vault() {
  if (lent_) return lent_->premises.installation.vault;
  if (!vault_)
    vault_ = std::make_unique<vault::Vault>(control(), config().vault,
                                            store::sqlite_file_of(config().store).string() + ".key", clock_);
  return *vault_;
}

vault::Secrets& Context::secrets() {
  if (lent_) return lent_->premises.installation.secrets;
  if (!secrets_) secrets_ = std::make_unique<vault::Secrets>(config().folder, vault());
  return *secrets_;
}

connection::Standing Context::standing() { return {control(), redactor(), clock_}; }

connection::Installation Context::installation() {
  return {.clock = clock_,
          .redactor = redactor(),
          .log = [this](std::uint32_t level, std::string_view tag,
                        std::string_view text) { log_.write(level, tag, text); },
          .control = control(),
          .vault = vault(),
          .secrets = secrets()};
}

std::vector<const config::Pipeline*> Context::pipelines(const std::vector<std::string>& names) {
  const auto& all = config().pipelines;
  std::vector<const config::Pipeline*> chosen(names.empty() ? all.size() : names.size());
  if (names.empty())
    std::ranges::transform(all, chosen.begin(), [](const auto& pipeline) { return &pipeline; });
  else
    std::ranges::transform(names, chosen.begin(),
                           [&](const auto& name) { return &pick(all, name, "pipeline"); });
  return chosen;
}

const config::Connection& Context::connection(const std::string& name) {
  if (!name.empty()) return pick(config().connections, name, "connection");
  if (config().connections.size() != 1)
    throw Error("PB1602", "The configuration has several connections: say which one with --connection.");
  return config().connections.front();
}

}  // namespace psabridge::app
