// psabridge-match-csv: puts the records of a CSV file into entities with the strategies of psabridge, as the
// product would. What it writes is judged by evaluate.py.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <exception>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "core/dedup/engine.h"
#include "core/plugin/offline_host.h"
#include "core/plugin/registry.h"
#include "tests/dedup/csv_file.h"

namespace {

using namespace psabridge;
namespace json = boost::json;

struct Options {
  std::string csv, id, connection, entity = "record", strategies, plugins, out, review, matches, explain;
  std::vector<std::string> hidden;
  unsigned threads = 2;
};

/// The strategies as in the configuration: ["identity", {"use": "similar", ...}].
dedup::Matcher make_matcher(const json::value& list, const plugin::Registry& registry,
                            plugin::HostServices& host) {
  std::vector<dedup::NamedStrategy> strategies;
  for (const json::value& entry : list.as_array()) {
    json::object settings = entry.is_object() ? entry.get_object() : json::object();
    const std::string name(entry.is_object() ? settings.at("use").as_string() : entry.as_string());
    settings.erase("use");
    strategies.push_back({name, registry.make_dedup(name, json::serialize(settings), host)});
  }
  return dedup::Matcher(std::move(strategies));
}

class Stopwatch {
 public:
  void lap(const std::string& what) {
    const auto now = std::chrono::steady_clock::now();
    std::cerr << what << ": " << std::chrono::duration<double>(now - last_).count() << " s\n";
    last_ = now;
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

void fill(dedup::Engine& engine, const dedup_test::CsvFile& csv, const dedup_test::CsvRecords& which,
          const EntitySchema& schema) {
  constexpr std::size_t kBatch = 1000;
  engine.reserve(csv.rows.size());
  for (std::size_t from = 0; from < csv.rows.size();) {
    std::size_t to = from + 1;
    while (
        to < csv.rows.size() && to - from < kBatch &&
        (which.connection == SIZE_MAX || csv.rows[to][which.connection] == csv.rows[from][which.connection]))
      ++to;
    const Batch batch = batch_of(csv, which, schema, from, to);
    const std::vector<std::string> packed = engine.matcher().keyed(batch, {});
    for (std::size_t i = 0; i < packed.size(); ++i)
      if (!packed[i].empty()) engine.put(static_cast<dedup::RecordId>(from + i + 1), packed[i]);
    from = to;
  }
}

/// As a part of a quoted CSV value.
std::string quoted(std::string text) {
  for (std::size_t at = text.find('"'); at != std::string::npos; at = text.find('"', at + 2))
    text.insert(at, 1, '"');
  return text;
}

/// Every pair that a strategy takes for one or shows to people, and why.
void write_matches(dedup::Engine& engine, const std::string& path,
                   const std::function<const std::string&(dedup::RecordId)>& id_of) {
  std::ofstream out(path);
  out << "a,b,joined,verdict,veto,obstacle,bits,reasons\n";
  for (const auto& [pair, match] : engine.matches()) {
    out << id_of(pair.first) << ',' << id_of(pair.second) << ','
        << (engine.entity_of(pair.first) == engine.entity_of(pair.second)) << ','
        << static_cast<int>(match.weight.verdict) << ',' << match.weight.veto << ','
        << static_cast<int>(match.obstacle) << ',' << static_cast<double>(match.weight.weight) / 1024
        << ",\"";
    for (const dedup::PairReason& reason : engine.explain(pair.first, pair.second, {}).reasons)
      out << static_cast<double>(reason.weight) / 1024 << ' ' << reason.strategy << ' ' << reason.field
          << ": " << quoted(reason.text) << '\n';
    out << "\"\n";
  }
}

void explain(dedup::Engine& engine, const Options& options, const dedup_test::CsvFile& csv, std::size_t id) {
  const std::size_t comma = options.explain.find(',');
  const auto row = [&](const std::string& wanted) {
    for (std::size_t i = 0; i < csv.rows.size(); ++i)
      if (csv.rows[i][id] == wanted) return static_cast<dedup::RecordId>(i + 1);
    throw std::runtime_error("there is no record " + wanted);
  };
  const auto pair =
      engine.explain(row(options.explain.substr(0, comma)), row(options.explain.substr(comma + 1)), {});
  for (const dedup::PairReason& reason : pair.reasons)
    std::cout << static_cast<double>(reason.weight) / 1024 << '\t' << reason.strategy << '\t' << reason.field
              << '\t' << reason.text << '\n';
  std::cout << static_cast<double>(pair.weight.weight) / 1024 << "\tverdict "
            << static_cast<int>(pair.weight.verdict) << (pair.weight.veto ? " veto" : "") << '\n';
}

void run(const Options& options) {
  Stopwatch watch;
  const auto csv = dedup_test::CsvFile::read(options.csv);
  dedup_test::CsvRecords which{options.entity, csv.column(options.id), SIZE_MAX, {}};
  if (!options.connection.empty()) which.connection = csv.column(options.connection);
  for (const std::string& name : options.hidden) which.hidden.push_back(csv.column(name));
  const auto schema = dedup_test::schema_of(csv, which);
  watch.lap("read");

  plugin::Registry registry;
  registry.load_folders({options.plugins.empty() ? plugin::builtin_folder().string() : options.plugins});
  plugin::OfflineHost host;
  std::vector<dedup::Matcher> matchers;
  for (unsigned i = 0; i < options.threads; ++i)
    matchers.push_back(make_matcher(json::parse(options.strategies), registry, host));
  dedup::Engine engine(std::move(matchers));
  fill(engine, csv, which, *schema);
  watch.lap("keys");
  engine.settle({});
  watch.lap("settled");
  std::cerr << engine.size() << " records, " << engine.matches().size() << " matches, "
            << engine.joined().size() << " entities of several records, " << engine.bytes() / 1'000'000
            << " MB\n";
  std::map<dedup::Obstacle, std::size_t> obstacles;
  for (const auto& [pair, match] : engine.matches())
    if (engine.needs_review(pair) && match.weight.verdict == plugin::DedupVerdict::same)
      ++obstacles[match.obstacle];
  for (const auto& [obstacle, count] : obstacles)
    std::cerr << "obstacle " << static_cast<int>(obstacle) << ": " << count << " pairs\n";
  if (!options.explain.empty()) explain(engine, options, csv, which.id);

  const auto id_of = [&](dedup::RecordId record) -> const std::string& {
    return csv.rows[static_cast<std::size_t>(record - 1)][which.id];
  };
  if (!options.out.empty()) {
    std::ofstream out(options.out);
    out << "record_id,entity_id\n";
    for (const dedup::RecordId entity : engine.joined())
      for (const dedup::RecordId member : engine.members(entity))
        out << id_of(member) << ',' << id_of(entity) << '\n';
  }
  if (!options.review.empty()) {
    std::ofstream out(options.review);
    out << "a,b\n";
    for (const auto& [pair, match] : engine.matches())
      if (engine.entity_of(pair.first) != engine.entity_of(pair.second))
        out << id_of(pair.first) << ',' << id_of(pair.second) << '\n';
  }
  if (!options.matches.empty()) write_matches(engine, options.matches, id_of);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Puts the records of a CSV file into entities");
  Options options;
  app.add_option("CSV", options.csv, "The file; its first line names the columns")->required();
  app.add_option("--id", options.id, "Column of the record's id")->required();
  app.add_option("--connection", options.connection, "Column of the connection");
  app.add_option("--entity", options.entity, "Entity whose defaults the strategies take");
  app.add_option("--hide", options.hidden, "Columns that no strategy may see: the truth")->delimiter(',');
  app.add_option("--strategies", options.strategies, "As in the configuration, in JSON")->required();
  app.add_option("--plugins", options.plugins, "Folder of the plugins");
  app.add_option("--threads", options.threads, "Threads that look for matches")->check(CLI::Range(1, 64));
  app.add_option("--out", options.out, "Where the entities go: record_id,entity_id");
  app.add_option("--review", options.review, "Where the pairs for people go: a,b");
  app.add_option("--matches", options.matches,
                 "Where all pairs go that match, whether joined or not: with weight and reasons");
  app.add_option("--explain", options.explain, "Two ids with a comma: why they weigh what they do");
  app.footer(
      "Example: psabridge-match-csv people.csv --id id --hide cluster --out found.csv --strategies "
      "'[{\"use\": \"similar\", \"fields\": {\"name\": \"person\", \"mail\": \"email\"}}]'");
  CLI11_PARSE(app, argc, argv);
  try {
    run(options);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "psabridge-match-csv: " << error.what() << '\n';
    return 1;
  }
}
