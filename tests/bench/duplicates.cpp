#include "tests/bench/duplicates.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <random>
#include <rapidfuzz/distance/JaroWinkler.hpp>
#include <stdexcept>
#include <string>
#include <thread>

#include "core/dedup/deduplicator.h"
#include "core/plugin/offline_host.h"
#include "core/plugin/registry.h"
#include "core/store/store.h"

namespace psabridge::bench {
namespace {

using Moment = std::chrono::steady_clock::time_point;

constexpr double kMicro = 1e6;
constexpr std::size_t kBatch = 1000;
constexpr std::size_t kProbes = 20'000;

void say(const std::string& text) { std::cerr << "bench: " << text << std::endl; }

double seconds_since(Moment begun) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

double quantile(std::vector<double>& values, double share) {
  const auto place =
      values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, place);
  return *place;
}

const EntitySchema& client_schema() {
  static const EntitySchema schema = [] {
    EntitySchema made;
    made.entity = "client";
    for (const char* field : {"name", "trading_name", "phone", "website", "domain", "delivery_address",
                              "invoice_address", "tax_number"})
      made.fields.push_back({field, FieldType::text, {}});
    return made;
  }();
  return schema;
}

/// Clients as providers have them: names of a rare and a common word, a town, a number, a domain. One in ten
/// is another one written differently.
class ClientMaker {
 public:
  explicit ClientMaker(std::uint64_t seed) : random_(seed) {}

  /// In the order of client_schema().
  std::vector<std::string> make() {
    if (!made_.empty() && random_() % 10 == 0) return altered(made_[random_() % made_.size()]);
    std::vector<std::string> client = fresh();
    if (made_.size() < 100'000) made_.push_back(client);
    return client;
  }

 private:
  std::string word(std::size_t letters) {
    constexpr std::string_view kVowels = "aeiou", kOthers = "bcdfghklmnprstvw";
    std::string word;
    while (word.size() < letters) {
      word += kOthers[random_() % kOthers.size()];
      word += kVowels[random_() % kVowels.size()];
    }
    word[0] = static_cast<char>(word[0] - 'a' + 'A');
    return word;
  }
  std::vector<std::string> fresh() {
    constexpr const char* kTrades[] = {"Engineering", "Dental", "Logistics", "Legal",    "Plumbing",
                                       "Foods",       "Motors", "Design",    "Partners", "Care"};
    constexpr const char* kForms[] = {"Ltd", "LLC", "GmbH", "Inc", ""};
    const std::string rare = word(8), town = "Town" + std::to_string(random_() % 2000);
    std::string domain = rare;
    std::ranges::transform(domain, domain.begin(), [](char c) { return static_cast<char>(c | 0x20); });
    domain += std::to_string(random_() % 1000) + ".example.com";
    return {rare + " " + kTrades[random_() % 10] + " " + kForms[random_() % 5],
            random_() % 4 == 0 ? rare : "",
            "+44 20 7" + std::to_string(100'000 + random_() % 900'000),
            "https://www." + domain,
            domain,
            std::to_string(1 + random_() % 300) + " " + word(6) + " Street, " + town + ", AB" +
                std::to_string(random_() % 100) + " 1CD",
            "",
            "GB" + std::to_string(100'000'000 + random_() % 900'000'000)};
  }
  std::vector<std::string> altered(std::vector<std::string> client) {
    client[0] = client[0].substr(0, client[0].rfind(' '));
    if (random_() % 2 == 0) client[2].clear();
    if (random_() % 3 == 0) client[7].clear();
    return client;
  }

  std::mt19937_64 random_;
  std::vector<std::vector<std::string>> made_;
};

Batch batch_of(ClientMaker& maker, std::size_t first, std::size_t count) {
  Batch batch;
  batch.connection = "bench";
  batch.schema = &client_schema();
  for (std::size_t i = 0; i < count; ++i) {
    const std::vector<std::string> client = maker.make();
    Value* const values = batch.arena->make_array<Value>(client.size());
    for (std::size_t f = 0; f < client.size(); ++f)
      values[f] = client[f].empty() ? null_value() : text_value(batch.arena->keep(client[f]));
    batch.records.push_back(
        {borrow(batch.arena->keep(std::to_string(first + i))), {}, values, client.size(), borrow("{}"), {}});
    batch.verdicts.emplace_back();
  }
  return batch;
}

/// Plugins, and the strategies of a client.
class Workshop {
 public:
  explicit Workshop(const std::filesystem::path& programs) {
    registry.load_folders({programs.parent_path() / "plugins"});
    if (!registry.find_role(plugin::RoleKind::dedup, "similar"))
      throw std::runtime_error("the strategy similar is not among the plugins");
  }
  dedup::Matcher matcher() {
    std::vector<dedup::NamedStrategy> strategies;
    for (const char* name : {"strong_id", "similar"})
      strategies.push_back({name, registry.make_dedup(name, "{}", host)});
    return dedup::Matcher(std::move(strategies));
  }
  dedup::Engine engine() {
    std::vector<dedup::Matcher> matchers;
    for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i)
      matchers.push_back(matcher());
    return dedup::Engine(std::move(matchers));
  }

  plugin::Registry registry;
  plugin::OfflineHost host;
};

Figure figure(std::string what, double measured, std::string unit, double goal, bool less_is_better,
              double yardstick, std::string yardstick_is) {
  Figure made;
  made.what = std::move(what);
  made.measured = measured;
  made.unit = std::move(unit);
  made.yardstick = yardstick;
  made.yardstick_is = std::move(yardstick_is);
  const std::string number = std::to_string(goal);
  made.goal = (less_is_better ? "at most " : "at least ") + number.substr(0, number.find('.') + 2);
  made.met = less_is_better ? measured <= goal : measured >= goal;
  return made;
}

/// Names of both sides of a comparison, a second.
double jaro_winkler_a_second() {
  ClientMaker maker(5);
  std::vector<std::string> names;
  for (int i = 0; i < 2000; ++i) names.push_back(maker.make()[0]);
  double sum = 0;
  std::size_t pairs = 0;
  const Moment begun = std::chrono::steady_clock::now();
  for (std::size_t probe = 0; probe < 500; ++probe) {
    const rapidfuzz::CachedJaroWinkler<char> cached(names[probe]);
    for (const std::string& name : names) sum += cached.similarity(name);
    pairs += names.size();
  }
  const double took = seconds_since(begun);
  if (sum <= 0) throw std::runtime_error("nothing was compared");
  return static_cast<double>(pairs) / took;
}

struct Filled {
  dedup::Engine engine;
  double keys = 0, put = 0;  ///< seconds
};

Filled fill(Workshop& workshop, std::size_t records) {
  Filled filled{workshop.engine(), 0, 0};
  ClientMaker maker(1);
  filled.engine.reserve(records);
  for (std::size_t first = 1; first <= records; first += kBatch) {
    const Batch batch = batch_of(maker, first, std::min(kBatch, records - first + 1));
    Moment begun = std::chrono::steady_clock::now();
    const std::vector<std::string> packed = filled.engine.matcher().keyed(batch, {});
    filled.keys += seconds_since(begun);
    begun = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < packed.size(); ++i)
      filled.engine.put(static_cast<dedup::RecordId>(first + i), packed[i]);
    filled.put += seconds_since(begun);
  }
  return filled;
}

/// The time of each of many decisions about records that are not there yet.
std::vector<double> decide_many(dedup::Engine& engine) {
  ClientMaker maker(2);
  std::vector<std::string> probes;
  while (probes.size() < kProbes) {
    const Batch batch = batch_of(maker, 10'000'000, kBatch);
    for (std::string& packed : engine.matcher().keyed(batch, {})) probes.push_back(std::move(packed));
  }
  std::vector<double> times;
  for (const std::string& probe : probes) {
    const Moment begun = std::chrono::steady_clock::now();
    engine.likenesses(probe, 0, {});
    times.push_back(seconds_since(begun) * kMicro);
  }
  return times;
}

void add_decisions(std::vector<Figure>& figures, dedup::Engine& engine, const std::string& among, double p50,
                   double p99, double p999, double jaro) {
  std::vector<double> times = decide_many(engine);
  const double yardstick = kMicro / jaro;
  const std::string what = "decide one client among " + among + ", ";
  figures.push_back(
      figure(what + "p50", quantile(times, 0.5), "us", p50, true, yardstick, "one Jaro-Winkler"));
  figures.push_back(
      figure(what + "p99", quantile(times, 0.99), "us", p99, true, yardstick, "one Jaro-Winkler"));
  figures.push_back(
      figure(what + "p99.9", quantile(times, 0.999), "us", p999, true, yardstick, "one Jaro-Winkler"));
}

/// Whole records a second, one thread, without reasons.
double pairs_a_second(Workshop& workshop, const dedup::Engine& engine) {
  dedup::Matcher matcher = workshop.matcher();
  ClientMaker maker(3);
  const Batch batch = batch_of(maker, 1, 1050);
  const std::vector<std::string> packed = matcher.keyed(batch, {});
  dedup::KeyIndex index;
  dedup::Slot slot = 0;
  std::vector<std::string_view> forms;
  for (const std::string& one : packed) {
    const dedup::PackedRecord parts(one);
    index.add(++slot, parts.blocks(), parts.terms());
    forms.push_back(parts.forms());
  }
  std::vector<dedup::PairWeight> weights(50);
  std::size_t pairs = 0;
  const Moment begun = std::chrono::steady_clock::now();
  for (int round = 0; round < 20; ++round)
    for (std::size_t probe = 0; probe < 1000; ++probe) {
      matcher.compare(forms[probe], std::span(forms).subspan(probe + 1, 50), index, engine.size(), weights,
                      {});
      pairs += 50;
    }
  return static_cast<double>(pairs) / seconds_since(begun);
}

double explain_micro(dedup::Engine& engine) {
  std::vector<double> times;
  for (const auto& [pair, match] : engine.matches()) {
    const Moment begun = std::chrono::steady_clock::now();
    engine.explain(pair.first, pair.second, {});
    times.push_back(seconds_since(begun) * kMicro);
    if (times.size() == 2000) break;
  }
  if (times.empty()) throw std::runtime_error("no matches were found");
  return quantile(times, 0.5);
}

// --- with a store ---

/// A store in a folder of its own, with its clients deduplicated.
class Stored {
 public:
  explicit Stored(Workshop& workshop)
      : folder_(std::filesystem::temp_directory_path() /
                ("psabridge-bench-dedup-" + std::to_string(getpid()))),
        workshop_(workshop),
        matcher_(workshop.matcher()) {
    std::filesystem::create_directories(folder_);
    const std::string url = "sqlite:" + (folder_ / "store.db").string();
    config_ =
        config::load_text("version: 1\nstore: " + url +
                              "\nconnections: { c: { connector: halo } }\npipelines: { p: { connection: c,"
                              " entities: { client: {} }, dedup: { client: [strong_id, similar] } } }\n",
                          "bench.yaml");
    writer_ = store::open_writer(url, clock_);
    shared_.reset(new store::SharedWriter{*writer_});
    deduplicator_ =
        std::make_unique<dedup::Deduplicator>(config_, workshop.registry, workshop.host, *shared_, clock_);
    writer_->prepare({&client_schema(), 1});
    deduplicator_->begin("client");
    store::RunInfo run;
    run.pipeline = "p";
    run.connection = "c";
    run.mode = "full";
    run_ = writer_->begin_run(run);
  }
  ~Stored() {
    deduplicator_.reset();
    shared_.reset();
    writer_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Stored(const Stored&) = delete;
  Stored& operator=(const Stored&) = delete;

  /// Records a second, each batch one transaction and one decision.
  double ingest(ClientMaker& maker, std::size_t records, std::size_t batch_size) {
    double took = 0;
    for (std::size_t done = 0; done < records; done += batch_size) {
      Batch batch = batch_of(maker, next_, batch_size);
      next_ += batch_size;
      const Moment begun = std::chrono::steady_clock::now();
      batch.forms = matcher_.keyed(batch, {});
      for (std::size_t i = 0; i < batch.records.size(); ++i)
        batch.verdicts[i].content_hash = {static_cast<std::uint8_t>(i), 1};
      store::Commit commit;
      commit.run = run_;
      commit.pipeline = "p";
      commit.batch = &batch;
      writer_->commit({&commit, 1}, {});
      deduplicator_->catch_up("client", {});
      took += seconds_since(begun);
    }
    return static_cast<double>(records) / took;
  }

  /// Seconds until an engine that knows all is there.
  double restart() {
    deduplicator_->forget();
    const Moment begun = std::chrono::steady_clock::now();
    deduplicator_->engine("client");
    return seconds_since(begun);
  }

  /// Milliseconds to undo a merge of twenty records, after so many other merges, each a step of its own.
  double undo(std::size_t merges) {
    const dedup::Deduplicator::Person person{"bench", ""};
    std::vector<std::vector<dedup::RecordId>> records(1);
    for (dedup::RecordId record = 1; record <= 20; ++record) records.front().push_back(record);
    const std::int64_t step = deduplicator_->merge("client", records, person);
    for (std::size_t i = 0; i < merges; ++i) {
      const auto record = static_cast<dedup::RecordId>(100 + 2 * i);
      records.front() = {record, record + 1};
      deduplicator_->merge("client", records, person);
    }
    const Moment begun = std::chrono::steady_clock::now();
    deduplicator_->undo(step, person);
    return seconds_since(begun) * 1000;
  }

 private:
  std::filesystem::path folder_;
  Workshop& workshop_;
  dedup::Matcher matcher_;
  Clock& clock_ = system_clock();
  config::Config config_;
  std::unique_ptr<store::Writer> writer_;
  std::unique_ptr<store::SharedWriter> shared_;
  std::unique_ptr<dedup::Deduplicator> deduplicator_;
  store::RunId run_ = 0;
  std::size_t next_ = 1;
};

}  // namespace

std::vector<Figure> measure_duplicates(const Plan& plan) {
  Workshop workshop(plan.programs);
  std::vector<Figure> figures;
  const double jaro = jaro_winkler_a_second();
  const std::size_t many = plan.many_clients, few = many / 10;

  say("clients in memory: " + std::to_string(few));
  {
    Filled small = fill(workshop, few);
    add_decisions(figures, small.engine, std::to_string(few), 8, 80, 800, jaro);
  }
  say("clients in memory: " + std::to_string(many));
  Filled filled = fill(workshop, many);
  add_decisions(figures, filled.engine, std::to_string(many), 10, 100, 1000, jaro);
  figures.push_back(figure("pairs of whole clients weighed a second, one thread",
                           pairs_a_second(workshop, filled.engine), "1/s", 1.5e6, false, jaro,
                           "Jaro-Winkler of the names a second, rapidfuzz-cpp"));
  const double scale = static_cast<double>(many) / 1e6;
  const Moment begun = std::chrono::steady_clock::now();
  filled.engine.settle({});
  figures.push_back(figure("all clients to settled entities (keys, index, matches)",
                           filled.keys + filled.put + seconds_since(begun), "s", 12 * scale, true,
                           filled.keys, "s of it for the keys and forms"));
  figures.push_back(figure("memory of keys, forms and matches",
                           static_cast<double>(filled.engine.bytes()) / 1e6, "MB", 600 * scale, true,
                           static_cast<double>(filled.engine.matches().size()), "matches"));
  figures.push_back(figure("reasons of one decision", explain_micro(filled.engine), "us", 50, true,
                           kMicro / jaro, "one Jaro-Winkler"));

  say("clients in a store: " + std::to_string(few));
  Stored stored(workshop);
  ClientMaker maker(4);
  stored.ingest(maker, few, few);
  figures.push_back(figure("clients stored and decided a second, 1,000 a transaction",
                           stored.ingest(maker, 20 * kBatch, kBatch), "1/s", 40'000, false, 0, ""));
  figures.push_back(figure("clients stored and decided a second, one a transaction",
                           stored.ingest(maker, 2000, 1), "1/s", 8'000, false, 0, ""));
  figures.push_back(figure("restart until all is known again, " + std::to_string(few + 22'000) + " clients",
                           stored.restart(), "s", 6 * static_cast<double>(few + 22'000) / 1e6, true, 0, ""));
  figures.push_back(
      figure("undo a merge of 20 records after 10,000 others", stored.undo(10'000), "ms", 10, true, 0, ""));
  return figures;
}

}  // namespace psabridge::bench
