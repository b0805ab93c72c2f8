#include "tests/bench/measures.h"

#include <algorithm>
#include <functional>
#include <iostream>
#include <stdexcept>
#include <string>

#include "tests/bench/plain_writer.h"
#include "tests/integration/process.h"
#include "tests/integration/store_file.h"

namespace psabridge::bench {
namespace {

using integration::Folder;
using integration::Outcome;
using integration::StoreFile;

constexpr double kShareOfPlainSqlite = 0.40;
constexpr double kMemoryGrowth = 1.2;
constexpr double kMostMemory = 150;  // MB
constexpr double kStartTime = 100;   // ms
constexpr double kStatusTime = 50;   // ms
constexpr int kStarts = 20;
constexpr std::int64_t kChangedTickets = 250;
constexpr std::int64_t kPageLimit = 100, kAssetPageLimit = 50;
constexpr const char* kSecretVariable = "PSABRIDGE_BENCH_SECRET";

/// psabridge with its configuration and store, connected to a tenant.
class Installation {
 public:
  Installation(const Plan& plan, const Tenant& tenant)
      : program_(plan.programs / "psabridge"), tenant_(tenant) {
    configure("false");
  }

  /// Writes the configuration; `notes` is "true" or "false".
  void configure(const std::string& notes) const {
    integration::write_text(
        config(), "version: 1\nstore: sqlite:" + store().string() +
                      "\nconnections:\n  bench:\n    connector: halo\n    url: " + tenant_.url() +
                      "\n    auth: { grant: client_credentials, client_id: " + tenant_.client_id() +
                      ", client_secret: env://" + kSecretVariable +
                      " }\n    tls: { ca_file: " + tenant_.ca_file() +
                      " }\n    allow_private: true\n    rate_limit: { requests: 1000000, per: 5m "
                      "}\npipelines:\n  bench:\n    "
                      "connection: bench\n"
                      "    entities: { client: {}, site: {}, contact: {}, asset: {}, ticket: { notes: " +
                      notes + " } }\n");
  }

  /// Runs a command, which must end well.
  Outcome run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), program_.string());
    arguments.insert(arguments.end(), {"--config", config().string()});
    Outcome outcome =
        integration::run(arguments, {.environment = {{kSecretVariable, tenant_.client_secret()}}});
    if (outcome.exit_status != 0) throw std::runtime_error(arguments.at(1) + ": " + outcome.describe());
    return outcome;
  }

  std::filesystem::path store() const { return folder_ / "psabridge.db"; }
  std::filesystem::path copy() const { return folder_ / "plain.db"; }

 private:
  std::filesystem::path config() const { return folder_ / "psabridge.yaml"; }

  Folder folder_;
  std::filesystem::path program_;
  const Tenant& tenant_;
};

void say(const std::string& text) { std::cerr << "bench: " << text << std::endl; }

std::int64_t stored_rows(const Installation& installation) {
  const StoreFile store(installation.store());
  std::int64_t rows = 0;
  for (const std::string& entity : store.texts("SELECT name FROM psabridge_entity"))
    rows += store.number("SELECT count(*) FROM \"" + entity + '"');
  return rows;
}

Figure speed(const Installation& installation, const Outcome& full) {
  say("writing the same rows with a plain SQLite program");
  const Written plain = write_plainly(installation.store(), installation.copy());
  std::filesystem::remove(installation.copy());
  const double ours = static_cast<double>(stored_rows(installation)) / full.elapsed.count();
  const double theirs = static_cast<double>(plain.rows) / plain.elapsed.count();
  return {"full sync",
          ours,
          "records/s",
          theirs,
          "plain SQLite, same rows and indexes",
          "at least 40 % of it",
          ours >= kShareOfPlainSqlite * theirs};
}

Figure requests(const Tenant& tenant, const std::string& resource, std::int64_t rows, std::int64_t page) {
  const std::int64_t measured = tenant.requests(resource), pages = (rows + page - 1) / page;
  return {"full sync: requests to /" + resource,
          static_cast<double>(measured),
          "requests",
          static_cast<double>(pages),
          "rows / page limit",
          "at most 2 more",
          measured <= pages + 2};
}

std::vector<Figure> quiet_sync(const Installation& installation, const Tenant& tenant) {
  say("syncing again, nothing has changed");
  const std::uint64_t before = digest_of(installation.store());
  tenant.reset_ledger();
  const Outcome quiet = installation.run({"sync"});
  std::vector<Figure> figures;
  for (const char* resource : {"client", "site", "users", "asset", "tickets"}) {
    const auto measured = static_cast<double>(tenant.requests(resource));
    figures.push_back({std::string("quiet sync: requests to /") + resource, measured, "requests", 1,
                       "one look for changes", "as many", measured == 1});
  }
  const bool written = digest_of(installation.store()) != before;
  figures.push_back({"quiet sync: tables written, log of runs aside", written ? 1.0 : 0.0, "", 0,
                     "nothing changed", "none", !written});
  return figures;
}

std::vector<Figure> sync_of_changes(const Installation& installation, const Tenant& tenant) {
  say("syncing " + std::to_string(kChangedTickets) + " changed tickets with their notes");
  installation.configure("true");
  tenant.change_tickets(kChangedTickets);
  tenant.reset_ledger();
  installation.run({"sync"});
  const auto tickets = static_cast<double>(tenant.requests("tickets")),
             notes = static_cast<double>(tenant.requests("actions"));
  const auto pages = static_cast<double>((kChangedTickets + kPageLimit - 1) / kPageLimit);
  const auto changed = static_cast<double>(kChangedTickets);
  return {{"changed tickets: requests to /tickets", tickets, "requests", pages, "changed / 100", "as many",
           tickets == pages},
          {"changed tickets: requests to /actions", notes, "requests", changed, "changed tickets", "as many",
           notes == changed}};
}

/// Median, in milliseconds.
double usual_time(const std::function<Outcome()>& start) {
  std::vector<double> times;
  for (int i = 0; i < kStarts; ++i) times.push_back(start().elapsed.count() * 1000);
  std::ranges::nth_element(times, times.begin() + kStarts / 2);
  return times[kStarts / 2];
}

std::vector<Figure> starts(const Installation& installation) {
  say("starting " + std::to_string(kStarts) + " times");
  const double least = usual_time([] { return integration::run({"/bin/true"}); });
  const double plugins = usual_time([&] { return installation.run({"plugins", "list"}); });
  const double status = usual_time([&] { return installation.run({"status"}); });
  return {{"start with all plugins", plugins, "ms", least, "/bin/true", "under 100 ms", plugins < kStartTime},
          {"status", status, "ms", least, "/bin/true", "under 50 ms", status < kStatusTime}};
}

/// MB that a full sync of so many tickets takes at most.
double peak_memory(const Plan& plan, std::int64_t tickets) {
  say("full sync of " + std::to_string(tickets) + " tickets for its memory");
  const Tenant tenant(plan.programs / "psabridge-halo-sandbox",
                      {.tickets = tickets, .assets = 100, .clients = 100, .sites = 100, .contacts = 500});
  return static_cast<double>(Installation(plan, tenant).run({"sync"}).peak_kib) / 1024;
}

}  // namespace

std::vector<Figure> measure_syncs(const Plan& plan) {
  const TenantSize& size = plan.full;
  say("full sync of " + std::to_string(size.tickets) + " tickets, " + std::to_string(size.assets) +
      " assets, " + std::to_string(size.clients) + " clients");
  const Tenant tenant(plan.programs / "psabridge-halo-sandbox", size);
  const Installation installation(plan, tenant);
  const Outcome full = installation.run({"sync"});
  std::vector<Figure> figures{requests(tenant, "tickets", size.tickets, kPageLimit),
                              requests(tenant, "asset", size.assets, kAssetPageLimit),
                              requests(tenant, "client", size.clients, kPageLimit),
                              requests(tenant, "site", size.sites, kPageLimit),
                              requests(tenant, "users", size.contacts, kPageLimit)};
  figures.insert(figures.begin(), speed(installation, full));
  for (const auto& more :
       {quiet_sync(installation, tenant), sync_of_changes(installation, tenant), starts(installation)})
    figures.insert(figures.end(), more.begin(), more.end());
  return figures;
}

std::vector<Figure> measure_memory(const Plan& plan) {
  const double few = peak_memory(plan, plan.few_tickets), many = peak_memory(plan, plan.many_tickets);
  const std::string what = "peak memory, " + std::to_string(plan.many_tickets) + " tickets";
  return {{what, many, "MB", few, "with " + std::to_string(plan.few_tickets) + " tickets",
           "at most 1.2 times it", many <= kMemoryGrowth * few},
          {what, many, "MB", kMostMemory, "the limit", "under it", many < kMostMemory}};
}

}  // namespace psabridge::bench
