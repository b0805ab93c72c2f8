#include <sys/stat.h>

#include <map>
#include <set>

#include "core/base/time.h"
#include "core/doctor/check.h"
#include "core/doctor/routing_checks.h"
#include "core/doctor/store_probe.h"
#include "core/doctor/tables.h"
#include "core/doctor/team_checks.h"
#include "core/doctor/write_back_checks.h"
#include "core/pipeline/assembly.h"
#include "core/store/outbox.h"

namespace psabridge::doctor {
namespace {

namespace fs = std::filesystem;
using plugin::Stop;
using std::chrono::days;
using std::chrono::seconds;

constexpr std::uint64_t kMegabyte = 1u << 20;
constexpr std::uint64_t kLeastFree = 64 * kMegabyte, kLittleFree = 1024 * kMegabyte;
constexpr Milliseconds kSlowSync{100};
constexpr int kMissedIntervals = 3;

std::string count(std::size_t number, const std::string& noun) {
  return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

fs::path store_file(const Subjects& subjects) { return store::sqlite_file_of(subjects.config.store); }

void look_at_configuration(const Subjects& subjects, Notes& notes, const Stop&) {
  const config::Config& config = subjects.config;
  for (const config::Problem& problem : pipeline::check(config, subjects.registry))
    notes.fail(config::to_string(problem.at), problem.code, problem.message,
               "Correct it there; `psabridge validate` checks again.");
  std::set<std::string_view> used;
  for (const config::Pipeline& pipeline : config.pipelines) used.insert(pipeline.connection);
  for (const config::Connection& connection : config.connections)
    if (!used.contains(connection.name))
      notes.warn(connection.name, "PB2002", "No pipeline reads from the connection " + connection.name + ".",
                 "Add a pipeline with `connection: " + connection.name + "`, or remove the connection.");
  if (notes.sound())
    notes.pass({}, count(config.connections.size(), "connection") + " and " +
                       count(config.pipelines.size(), "pipeline") + " in " + subjects.config_path.string());
}

/// A folder is looked at with the files in it.
std::vector<fs::path> configuration_files(const fs::path& path) {
  std::vector<fs::path> files{path};
  std::error_code ignored;
  if (fs::is_directory(path, ignored))
    for (const auto& entry : fs::directory_iterator(path, ignored)) files.push_back(entry.path());
  return files;
}

void look_at_mode(const fs::path& file, mode_t unwanted, const char* what, const char* mend, Notes& notes) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0 || (status.st_mode & unwanted) == 0) return;
  notes.fail(file.string(), "PB2003", file.string() + " " + what + ".",
             std::string(mend) + " " + file.string());
}

void look_at_files(const Subjects& subjects, Notes& notes, const Stop&) {
  const fs::path absolute = fs::absolute(subjects.config_path);
  std::size_t looked_at = 0;
  for (const fs::path& file : configuration_files(absolute)) {
    look_at_mode(file, S_IWOTH, "can be changed by every user of this machine", "chmod o-w", notes);
    ++looked_at;
  }
  for (const fs::path& file : configuration_files(subjects.config.folder / "secrets")) {
    look_at_mode(file, S_IRWXO, "can be opened by every user of this machine", "chmod o=", notes);
    ++looked_at;
  }
  look_at_mode(store_file(subjects), S_IRWXO,
               "holds your customers' data and is open to every user of this machine", "chmod o=", notes);
  if (notes.sound())
    notes.pass({}, "The permissions of " + count(looked_at, "file") + " are as they should be.");
}

void look_at_plugins(const Subjects& subjects, Notes& notes, const Stop&) {
  for (const plugin::Refusal& refusal : subjects.registry.refusals())
    notes.fail(refusal.file.string(), refusal.code, refusal.message,
               "`psabridge plugins verify " + refusal.file.string() + "` tells more.");
  if (notes.sound())
    notes.pass({}, count(subjects.registry.plugins().size(), "plugin") + " loaded, none refused.");
}

void look_at_vault(const Subjects& subjects, Notes& notes, const Stop&) {
  for (const std::string& problem : subjects.installation.vault.check())
    notes.fail({}, "PB2004", problem,
               "docs/guide/secrets.md says how to get a key back or to set secrets anew.");
  const auto secrets = subjects.installation.vault.list();
  const SysMilliseconds now = subjects.installation.clock.now();
  for (const vault::SecretInfo& secret : secrets) {
    const auto expires = parse_time(secret.expires_at);
    if (secret.expires_at.empty() || !expires || *expires - now > days{14}) continue;
    if (*expires > now)  // those that have expired stand among the problems
      notes.warn(secret.name, "PB2005",
                 "The secret " + secret.name + " expires in " + std::to_string((*expires - now) / days{1}) +
                     " days, at " + secret.expires_at + ".",
                 "Make a new one in the source and `psabridge secrets set " + secret.name + "`.");
  }
  if (notes.nothing_found())
    notes.pass({}, count(secrets.size(), "sealed secret") + ", all of which can be opened.");
}

void look_at_disk(const Subjects& subjects, Notes& notes, const Stop&) {
  const fs::path folder = store_file(subjects).parent_path();
  const Place place = place_of(folder);
  if (place.remote)
    notes.fail(folder.string(), "PB2006",
               "The store is on the network file system " + std::string(place.file_system) +
                   ", whose locks and writes a database cannot rely on.",
               "Move it to a disk of this machine and change `store`.");
  const std::string free = std::to_string(place.free_bytes / kMegabyte) + " MiB are free";
  const std::string fix = "Free space on the disk of " + folder.string() + ", or move the store.";
  if (place.free_bytes < kLeastFree)
    notes.fail(folder.string(), "PB2007", "Only " + free + ": the next sync can fill the disk.", fix);
  else if (place.free_bytes < kLittleFree)
    notes.warn(folder.string(), "PB2007", "Only " + free + ".", fix);
  if (notes.nothing_found())
    notes.pass(folder.string(), free + " on " + std::string(place.file_system) + ".");
}

void look_at_disk_speed(const Subjects& subjects, Notes& notes, const Stop&) {
  const fs::path folder = store_file(subjects).parent_path();
  const Milliseconds time = sync_time(folder, subjects.installation.clock);
  const std::string fact = "The disk takes " + std::to_string(time.count()) + " ms to make 4 KiB durable.";
  if (time < kSlowSync) return notes.pass(folder.string(), fact);
  notes.warn(folder.string(), "PB2008", fact + " Each commit of a sync waits that long.",
             "A disk that is this slow is busy, failing or far away: look at its load and its health.");
}

void look_at_store(const Subjects& subjects, Notes& notes, const Stop&) {
  const fs::path file = store_file(subjects);
  if (!fs::exists(file)) return notes.pass(file.string(), "There is no store yet; the first sync makes it.");
  const auto reader = store::open_reader(subjects.config.store);
  std::uint64_t records = 0;
  const std::vector<std::string> entities = reader->entities();
  for (const std::string& entity : entities) records += reader->count(entity, "", false);
  notes.pass(file.string(), std::to_string(records) + " records of " + std::to_string(entities.size()) +
                                " entities in " + std::to_string(fs::file_size(file) / kMegabyte) + " MiB.");
}

void verify_store(const Subjects& subjects, Notes& notes, const Stop&) {
  if (!has_store(subjects.config)) return notes.skip({}, "There is no store yet.");
  const auto findings = store::open_reader(subjects.config.store)->verify();
  for (const store::Finding& finding : findings)
    notes.fail(finding.entity, "PB1303", finding.check + ": " + finding.detail,
               "`psabridge verify` lists all of it; `psabridge explain PB1303` says what to do.");
  if (findings.empty()) notes.pass({}, "Everything that must always be true of the store is true.");
}

/// Code and sentence of what made a run fail: the run's own, else that of the first entity that failed.
std::pair<std::string, std::string> failure_of(const store::RunInfo& run, store::Reader& reader) {
  if (!run.error_code.empty()) return {run.error_code, run.error};
  for (const store::RunEntity& entity : reader.run_entities(run.id))
    if (entity.state == "failed") return {entity.error_code, entity.entity + ": " + entity.error};
  return {"PB2009", "no reason was noted."};
}

void look_at_pipeline(const config::Pipeline& pipeline, store::Reader& reader, SysMilliseconds now,
                      Notes& notes) {
  const auto runs = reader.runs({.pipeline = pipeline.name, .without_mode = "events", .limit = 1});
  const std::string sync = "`psabridge sync " + pipeline.name + "`";
  if (runs.empty())
    return notes.warn(pipeline.name, "PB2009", "The pipeline " + pipeline.name + " was never run.",
                      sync + ".");
  const store::RunInfo& last = runs.front();
  const std::string show = "`psabridge runs show " + std::to_string(last.id) + "`";
  const auto began = parse_time(last.started_at);
  const Milliseconds age = began ? now - *began : Milliseconds{0};
  if (last.state == "failed") {
    const auto [code, reason] = failure_of(last, reader);
    notes.fail(pipeline.name, code, "The last run, of " + last.started_at + ", failed: " + reason,
               show + " tells more; then " + sync + ".");
  } else if (age > kMissedIntervals * pipeline.every)
    notes.warn(pipeline.name, "PB2009",
               "The last run began at " + last.started_at + ", more than " +
                   std::to_string(kMissedIntervals) + " of its intervals ago.",
               sync + ", and see to it that it is called regularly.");
  else if (last.state == "partial")
    notes.warn(pipeline.name, "PB2009", "The last run left something open.", show + " says what.");
  else
    notes.pass(pipeline.name, "The last run, of " + last.started_at + ", ended as " + last.state + ".");
}

void look_at_pipelines(const Subjects& subjects, Notes& notes, const Stop&) {
  if (!has_store(subjects.config)) return notes.skip({}, "No pipeline has been run yet.");
  const auto reader = store::open_reader(subjects.config.store);
  for (const config::Pipeline& pipeline : subjects.config.pipelines)
    look_at_pipeline(pipeline, *reader, subjects.installation.clock.now(), notes);
}

/// What waits for the sources, and what waits for somebody's decision.
void look_at_outbox(const Subjects& subjects, Notes& notes, const Stop&) {
  if (!has_store(subjects.config)) return notes.skip({}, "There is no store yet.");
  const auto reader = store::open_reader(subjects.config.store);
  const SysMilliseconds now = subjects.installation.clock.now();
  for (const config::Connection& connection : subjects.config.connections)
    look_at_outbox_of(connection.name, subjects.config, reader->outbox(), now, notes);
  if (notes.nothing_found()) notes.pass({}, "No change waits too long for its source, or for a decision.");
}

constexpr auto kChecks = std::to_array<Check<const Subjects>>({
    {"configuration", "The configuration fits the plugins", seconds{10}, look_at_configuration},
    {"files", "Nobody else can read secrets or change the configuration", seconds{5}, look_at_files},
    {"plugins", "Every plugin file was taken", seconds{5}, look_at_plugins},
    {"vault", "Sealed secrets can be opened and do not expire soon", seconds{10}, look_at_vault},
    {"disk", "The store's disk is local and has space", seconds{5}, look_at_disk},
    {"disk speed", "The store's disk makes writes durable quickly", seconds{20}, look_at_disk_speed},
    {"store", "The store opens and has the form of this version", seconds{20}, look_at_store},
    {"pipelines", "The pipelines run and end well", seconds{10}, look_at_pipelines},
    {"outbox", "What goes back to the sources gets there", seconds{10}, look_at_outbox},
    {"routing", "Every ticket went to a team that takes it", seconds{30}, look_at_routing},
    {"values", "Maps list every value that comes", seconds{10}, look_at_values},
    {"teams", "Managed teams have parents, hours and members that make sense", seconds{10}, look_at_teams},
    {"links",
     "Where links route: they lead to teams that take tickets, and clients with open tickets have one",
     seconds{30}, look_at_links},
});
constexpr auto kDeepChecks = std::to_array<Check<const Subjects>>({
    {"integrity", "All invariants of the store hold (with --deep)", std::chrono::hours{1}, verify_store},
});

}  // namespace

std::vector<CheckInfo> installation_checks() {
  std::vector<CheckInfo> all;
  all.reserve(kChecks.size() + kDeepChecks.size());
  for (const auto& check : kChecks) all.push_back({check.name, check.sentence});
  for (const auto& check : kDeepChecks) all.push_back({check.name, check.sentence});
  return all;
}

std::vector<Finding> examine_installation(const Subjects& subjects, const Options& options,
                                          const Stop& stop) {
  Clock& clock = subjects.installation.clock;
  Notes notes({}, clock);
  make_all<const Subjects>(kChecks, options, subjects, clock, notes, stop);
  if (options.deep) make_all<const Subjects>(kDeepChecks, options, subjects, clock, notes, stop);
  return notes.take();
}

}  // namespace psabridge::doctor
