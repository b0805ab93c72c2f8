#include "core/pipeline/run.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <set>

#include "core/base/text.h"
#include "core/base/time.h"
#include "core/pipeline/cursor_stamp.h"
#include "core/pipeline/effects.h"
#include "core/pipeline/feed.h"
#include "core/pipeline/rerouting.h"
#include "core/pipeline/single_read.h"
#include "core/store/outbox.h"
#include "core/writeback/wish.h"

namespace psabridge::pipeline {
namespace {

constexpr std::size_t kCommitBound = 8u << 20;       // bytes waiting for the store, all entities together
constexpr std::size_t kTransactionShare = 4u << 20;  // bytes of source text in one transaction
constexpr Milliseconds kPatience{100};  // between looks at `stop` and at progress when nothing arrives
constexpr Milliseconds kProgressEvery{200};
constexpr std::uint32_t kFamiliesPerFeed =
    500;  // parents whose children are read before the debt is looked at again
constexpr std::uint32_t kUnstoredPerSweep =
    1000;  // missed records fetched one by one per sweep; the rest follows with the next
constexpr std::uint64_t kSmallDeletes =
    10;  // the share of a small table is no measure: so many may always go, unless it is all of them

enum class Phase { waiting, given, reading, sweeping, fetching, confirming, finished };

std::string_view name_of(Phase phase) {
  switch (phase) {
    case Phase::waiting:
      return "waiting";
    case Phase::given:
    case Phase::reading:
      return "reading";
    case Phase::sweeping:
      return "looking for deletions";
    case Phase::fetching:
      return "fetching records";
    case Phase::confirming:
      return "confirming deletions";
    case Phase::finished:
      return "finished";
  }
  return "";
}

/// One entity of the run. Used by the running thread only, but for what the feed uses.
struct Task {
  Stage* stage = nullptr;
  store::RunEntity report;
  Phase phase = Phase::waiting;
  ResolvedFilters filters;
  std::vector<std::string> fetch_ids;  ///< single records, to be fetched
  std::vector<GivenRecord> given;      ///< single records that are here already
  bool announced = false;              ///< only what events named is read
  std::unique_ptr<Transform> transform;
  std::unique_ptr<Feed> feed;
  bool sweep_due = false;      ///< deletions are looked for in this run
  bool read_is_sweep = false;  ///< the read itself shows every id
  bool resumed = false;        ///< the read began in an earlier run
  std::uint64_t received = 0;
  std::int64_t expected = -1;
  bool reads_families = false;     ///< holds the turn to read children
  std::int64_t hold_approved = 0;  ///< id of the approved hold that lets these deletes pass
  Milliseconds shown_at{0};
};

/// A change that waits for its transaction's end before it is told.
struct ToldChange {
  store::Action action;
  std::string entity, source_id, version;
};

bool names_filter(const EntitySchema& schema, std::string_view name) {
  return std::ranges::find(schema.filters, name, &FilterSchema::name) != schema.filters.end();
}

class Run {
 public:
  Run(Assembly& assembly, connection::Services& services, store::SharedWriter& store,
      const RunOptions& options, Clock& clock, RunObserver& observer, const plugin::Stop& stop)
      : assembly_(assembly),
        services_(services),
        store_(store),
        options_(options),
        clock_(clock),
        observer_(observer),
        stop_([this, &stop] { return aborted_.load(std::memory_order_relaxed) || stop(); }),
        user_stop_(stop),
        commits_(kCommitBound) {}

  ~Run() { abandon(); }

  void add_all() {
    for (const std::string& wanted : options_.entities) require_stage(wanted);
    for (Stage& stage : assembly_.stages)
      if (wanted(stage)) add(stage, {});
  }

  void add_fetch(const std::string& entity, std::vector<std::string> ids) {
    add(require_stage(entity), std::move(ids));
  }

  void add_announced(Announced announced) {
    Stage& stage = require_stage(announced.entity);
    add(stage, std::move(announced.ids));
    tasks_.back().given = std::move(announced.given);
    tasks_.back().announced = true;
    const std::string_view child = child_of(stage.entity);
    if (child.empty()) return;
    add(*assembly_.find_stage(child), {});
    tasks_.back().announced = true;
    families_.insert(announced.with_children.begin(), announced.with_children.end());
  }

  RunReport execute(std::string_view mode) {
    if (rolled_back()) {
      const std::unique_lock alone(store_.steps);
      return whole_run(mode);
    }
    const std::shared_lock beside_others(store_.steps);
    return whole_run(mode);
  }

  /// The same within a run that is open already and stays so.
  RunReport execute_within(store::RunId run) {
    const std::shared_lock beside_others(store_.steps);
    {
      const std::lock_guard lock(store_.mutex);
      describe("events");
      report_.run.id = run;
    }
    work_through();
    find_duplicates();
    sum_up();
    return std::move(report_);
  }

 private:
  // ---- which entities, and in what order ----

  Stage& require_stage(const std::string& entity) {
    if (Stage* stage = assembly_.find_stage(entity)) return *stage;
    std::vector<std::string_view> names;
    for (const Stage& stage : assembly_.stages) names.push_back(stage.entity);
    throw Error("PB1601", "The pipeline " + assembly_.pipeline->name + " has no entity \"" + entity + "\"." +
                              did_you_mean(entity, names));
  }

  bool wanted(const Stage& stage) const {
    const auto& only = options_.entities;
    if (!only.empty() && std::ranges::find(only, stage.entity) == only.end()) return false;
    if (!stage.source->parent.empty()) return true;
    if (!options_.narrowing.clients.empty() && !names_filter(stage.schema(), "clients")) return false;
    return options_.narrowing.since.empty() || stage.source->deltas;
  }

  void add(Stage& stage, std::vector<std::string> ids) {
    Task task;
    task.stage = &stage;
    task.report.entity = stage.entity;
    task.report.state = "waiting";
    task.fetch_ids = std::move(ids);
    tasks_.push_back(std::move(task));
  }

  /// Only earlier entities are waited for, so that entities which refer to each other cannot wait in a
  /// circle.
  bool ready(std::size_t index) const {
    const std::vector<std::string> needs = tasks_[index].stage->schema().depends_on();
    return std::none_of(tasks_.begin(), tasks_.begin() + static_cast<std::ptrdiff_t>(index),
                        [&](const Task& earlier) {
                          return earlier.phase != Phase::finished &&
                                 std::ranges::find(needs, earlier.stage->entity) != needs.end();
                        });
  }

  // ---- the life of the run ----

  RunReport whole_run(std::string_view mode) {
    begin(mode);
    work_through();
    close_run();
    alert();
    return std::move(report_);
  }

  void begin(std::string_view mode) {
    const std::lock_guard lock(store_.mutex);
    if (rolled_back()) store_.writer.begin_trial();
    prepare_store(assembly_, store_.writer);
    describe(mode);
    report_.run.id = store_.writer.begin_run(report_.run);
  }

  void describe(std::string_view mode) {
    report_.run.pipeline = assembly_.pipeline->name;
    report_.run.connection = assembly_.connection->name;
    report_.run.mode = mode;
    report_.run.state = "running";
    report_.run.started_at = format_time(clock_.now());
    if (!assembly_.router) return;
    rules_id_ =
        keep_rules(*assembly_.router, assembly_.pipeline->name, store_.writer, report_.run.started_at);
  }

  void work_through() {
    try {
      work();
    } catch (const Error& error) {
      abandon();
      note_run_error(error);
    }
  }

  void work() {
    while (start_ready() ||
           std::ranges::any_of(tasks_, [](const Task& task) { return task.phase != Phase::finished; })) {
      std::vector<StagedPage> pages = commits_.pop_some(kTransactionShare, kPatience);
      commit(pages);
      for (StagedPage& page : pages)
        if (page.last) on_feed_end(page.task, page.error);
    }
  }

  /// True when something was started.
  bool start_ready() {
    bool started = false;
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
      const auto running =
          std::ranges::count_if(tasks_, [](const Task& task) { return task.feed != nullptr; });
      if (static_cast<std::uint32_t>(running) >= assembly_.pipeline->concurrency) break;
      if (tasks_[i].phase != Phase::waiting || !ready(i)) continue;
      guarded(i, [&] { start(i); });
      started = true;
    }
    return started;
  }

  /// Runs a step of one entity; its error ends that entity, not the run.
  template <class Step>
  void guarded(std::size_t index, Step step) {
    try {
      step();
    } catch (const Error& error) {
      if (is_store_error(error)) throw;
      fail(tasks_[index], error);
    } catch (const std::exception& error) {
      fail(tasks_[index], Error("PB1499", error.what()));
    }
  }

  /// Its secret cannot be read, it was paused, a maintenance window has opened.
  static bool closes_connection(std::string_view code) {
    return code == "PB1010" || code == "PB1906" || code == "PB1908";
  }

  static bool is_store_error(const Error& error) { return error.code().starts_with("PB13"); }

  void sum_up() {
    for (Task& task : tasks_) {
      if (task.report.state == "waiting" || task.report.state == "running") task.report.state = "stopped";
      report_.entities.push_back(task.report);
    }
    report_.run.state = overall_state();
    report_.run.finished_at = format_time(clock_.now());
    report_.plan_hash = effects_.hash();
    report_.effects = effects_.by_entity();
    report_.requests = services_.requests();
  }

  /// After everything is read: what came together is compared together.
  void find_duplicates() {
    for (const Task& task : tasks_) {
      if (!task.stage->matcher || !report_.run.error_code.empty()) continue;
      try {
        const std::lock_guard lock(store_.mutex);
        report_.duplicates[task.stage->entity] = assembly_.deduplicator->catch_up(task.stage->entity, stop_);
      } catch (const Error& error) {
        note_run_error(error);
      }
    }
  }

  void close_run() {
    find_duplicates();
    sum_up();
    const std::lock_guard lock(store_.mutex);
    try {
      store_.writer.end_run(report_.run.id, report_.run.state, report_.entities, report_.run.error_code,
                            report_.run.error);
      if (rolled_back()) end_trial();
    } catch (const Error& error) {
      note_run_error(error);
    }
  }

  bool rolled_back() const { return options_.trial || !options_.plan.empty(); }

  void end_trial() {
    const bool fits =
        !options_.plan.empty() && options_.plan == report_.plan_hash && report_.run.error_code.empty();
    store_.writer.end_trial(fits);
    if (!fits) assembly_.deduplicator->forget();
    if (options_.plan.empty() || fits || !report_.run.error_code.empty()) return;
    note_run_error(Error("PB1502", "The run would not do what the plan " + options_.plan +
                                       " showed (its hash would be " + report_.plan_hash +
                                       "). Nothing was changed."));
  }

  std::string overall_state() const {
    if (report_.run.error_code == "PB1410") return "stopped";
    const auto any = [&](std::string_view state) {
      return std::ranges::any_of(tasks_, [&](const Task& task) { return task.report.state == state; });
    };
    if (!report_.run.error_code.empty() || any("failed")) return "failed";
    const bool dead =
        std::ranges::any_of(tasks_, [](const Task& task) { return task.report.counts.dead > 0; });
    return dead || any("degraded") || any("held") ? "partial" : "done";
  }

  void note_run_error(const Error& error) {
    if (!report_.run.error_code.empty()) return;
    report_.run.error_code = error.code();
    report_.run.error = services_.redacted(error.message());
    report_.run.state = error.error_class() == ErrorClass::cancelled ? "stopped" : "failed";
  }

  /// Ends all feeds without taking what they still have: what is not committed is read again next time.
  void abandon() {
    aborted_ = true;
    commits_.close();
    for (Task& task : tasks_) {
      task.feed.reset();
      give_family_turn_back(task);
    }
  }

  // ---- one entity: read, look for deletions, confirm ----

  void start(std::size_t index) {
    Task& task = tasks_[index];
    if (stop_()) throw Error("PB1410", "The run was asked to stop before this entity began.");
    const bool child = !task.stage->source->parent.empty();
    if (child && !task.announced && !take_family_turn(task)) return;  // asked again with the next look
    task.report.state = "running";
    const std::lock_guard lock(store_.mutex);
    task.filters = resolve_filters(
        task.stage->schema(), task.stage->use ? task.stage->use->filters.values : boost::json::object{},
        options_.narrowing, [&](std::string_view entity) { return stored_names(entity); }, clock_.now());
    make_transform(task);
    if (!task.given.empty())
      return feed(index, Phase::given, given_source(std::exchange(task.given, {}), clock_.monotonic()));
    if (!task.fetch_ids.empty()) return fetch(index);
    if (child) return task.announced ? read_announced_families(index) : read_children(index);
    read_changes(index);
  }

  void fetch(std::size_t index) {
    Task& task = tasks_[index];
    feed(index, Phase::fetching, fetch_source(spec(task), std::exchange(task.fetch_ids, {})));
  }

  /// Of an entity that the pipeline does not keep, there are none.
  std::vector<std::pair<std::string, std::string>> stored_names(std::string_view entity) const {
    if (!assembly_.find_stage(entity)) return {};
    return store_.writer.names(entity, assembly_.connection->name);
  }

  void make_transform(Task& task) {
    TransformPlan plan;
    plan.connection = assembly_.connection->name;
    plan.syncer = task.stage->syncer.get();
    plan.scope = task.filters.scope;
    if (task.stage->matcher) plan.matcher = &*task.stage->matcher;
    task.transform = std::make_unique<Transform>(std::move(plan), field_map_of(assembly_, *task.stage));
  }

  SourceSpec spec(const Task& task) const {
    return {assembly_.connector.get(), task.stage->entity, task.filters.json,
            task.stage->use ? task.stage->use->page_size : 0, &clock_};
  }

  void tell_hidden(const std::string& entity, const std::string& id) {
    services_.log(PSABRIDGE_WARNING, "sync",
                  entity + " " + id +
                      " is not visible to this connection any more; it is kept, because that is no proof "
                      "that it was deleted.");
    observer_.record({entity, id, "hidden", {}});
  }

  void feed(std::size_t index, Phase phase, std::unique_ptr<PageSource> source) {
    tasks_[index].phase = phase;
    tasks_[index].feed =
        std::make_unique<Feed>(index, std::move(source), *tasks_[index].transform, commits_, stop_);
  }

  void read_changes(std::size_t index) {
    Task& task = tasks_[index];
    const std::string& entity = task.stage->entity;
    const store::Position position = store_.writer.position(assembly_.pipeline->name, entity);
    const bool narrowed = options_.narrowing.any();
    ChangesWindow window;
    window.stamp = settings_stamp(
        *task.stage, *assembly_.pipeline,
        store_.writer.outbox().last_confirmed(assembly_.pipeline->connection, writeback::kMerge));
    window.keep_cursor = task.stage->source->deltas && !narrowed;
    if (window.keep_cursor) window.cursor = unstamped_cursor(position.cursor, window.stamp);
    const bool unfinished = !position.full_since.empty() && !window.cursor.empty();
    if (options_.full && !unfinished) window.cursor.clear();
    task.resumed = unfinished;
    const bool from_the_start = window.keep_cursor && window.cursor.empty();
    task.hold_approved = approved_hold(entity);
    task.sweep_due = !narrowed && (from_the_start || task.hold_approved || sweep_due(position));
    task.read_is_sweep = task.sweep_due && (window.cursor.empty() || unfinished);
    window.mark_seen = task.read_is_sweep;
    if (from_the_start) store_.writer.reset_position(assembly_.pipeline->name, entity);
    if (task.read_is_sweep) store_.writer.begin_sweep(assembly_.pipeline->name, entity, unfinished);
    feed(index, Phase::reading, changes_source(spec(task), std::move(window)));
  }

  /// Number of the hold that an admin approved for this entity; 0 when there is none.
  std::int64_t approved_hold(std::string_view entity) const {
    for (const store::Hold& hold : store_.writer.holds("approved"))
      if (hold.pipeline == assembly_.pipeline->name && hold.entity == entity) return hold.id;
    return 0;
  }

  bool sweep_due(const store::Position& position) const {
    if (options_.full || position.swept_at.empty() || !position.full_since.empty()) return true;
    const Milliseconds every = assembly_.pipeline->sweep_every;
    const auto swept = parse_time(position.swept_at);
    return every > Milliseconds{0} && (!swept || clock_.now() - *swept >= every);
  }

  void read_children(std::size_t index) {
    Task& task = tasks_[index];
    std::vector<std::string> parents =
        store_.writer.owed(assembly_.pipeline->name, task.stage->entity, kFamiliesPerFeed);
    if (parents.empty()) return end(task, "done");
    feed(index, Phase::reading, children_source(spec(task), std::move(parents)));
  }

  /// Whole families of the records that events named and that changed. Somebody who reads children already
  /// goes on until no family is owed.
  void read_announced_families(std::size_t index) {
    Task& task = tasks_[index];
    const std::vector<std::string> parents(families_.begin(), families_.end());
    if (parents.empty()) return end(task, "done");
    if (!take_family_turn(task)) {
      store_.writer.owe(assembly_.pipeline->name, task.stage->entity, parents);
      return end(task, "done");
    }
    store_.writer.begin_children(assembly_.pipeline->name, task.stage->entity);
    feed(index, Phase::reading, children_source(spec(task), parents));
  }

  /// What others had to leave while we had the turn. Many of them are the backlog of a poll: that goes on by
  /// itself, and must not hold up events.
  void read_families_left(std::size_t index) {
    Task& task = tasks_[index];
    std::vector<std::string> parents =
        store_.writer.owed(assembly_.pipeline->name, task.stage->entity, kFamiliesPerFeed);
    if (parents.empty() || parents.size() == kFamiliesPerFeed) return end(task, "done");
    feed(index, Phase::reading, children_source(spec(task), std::move(parents)));
  }

  bool take_family_turn(Task& task) {
    if (!task.reads_families)
      task.reads_families = store_.families.take(assembly_.pipeline->name, task.stage->entity);
    return task.reads_families;
  }

  void give_family_turn_back(Task& task) {
    if (std::exchange(task.reads_families, false))
      store_.families.give_back(assembly_.pipeline->name, task.stage->entity);
  }

  void on_feed_end(std::size_t index, const std::exception_ptr& error) {
    Task& task = tasks_[index];
    task.feed.reset();
    guarded(index, [&] {
      if (error) std::rethrow_exception(error);
      const std::lock_guard lock(store_.mutex);
      next_phase(index);
    });
  }

  void next_phase(std::size_t index) {
    Task& task = tasks_[index];
    switch (task.phase) {
      case Phase::given:
        return task.fetch_ids.empty() ? end(task, "done") : fetch(index);
      case Phase::reading:
        if (task.announced) return read_families_left(index);
        if (!task.stage->source->parent.empty()) return read_children(index);
        if (task.read_is_sweep) return look_for_missed(index);
        if (task.sweep_due && task.stage->source->sweep) return sweep_ids(index);
        return end(task, "done");
      case Phase::sweeping:
        return look_for_missed(index);
      case Phase::fetching:
        return task.sweep_due ? look_for_deleted(index) : end(task, "done");
      case Phase::confirming:
        return end_sweep(task);
      case Phase::waiting:
      case Phase::finished:
        return;
    }
  }

  void sweep_ids(std::size_t index) {
    Task& task = tasks_[index];
    store_.writer.begin_sweep(assembly_.pipeline->name, task.stage->entity, false);
    task.received = 0;
    task.expected = -1;
    task.resumed = false;
    feed(index, Phase::sweeping, ids_source(spec(task)));
  }

  /// Records that the source has and the store lacks: a page that shifted under an earlier read, or a filter
  /// that was wider once.
  void look_for_missed(std::size_t index) {
    Task& task = tasks_[index];
    if (task.phase == Phase::sweeping && task.stage->source->get) {
      auto missed = store_.writer.unstored(assembly_.pipeline->name, assembly_.connection->name,
                                           task.stage->entity, kUnstoredPerSweep);
      if (!missed.empty()) return feed(index, Phase::fetching, fetch_source(spec(task), std::move(missed)));
    }
    look_for_deleted(index);
  }

  void look_for_deleted(std::size_t index) {
    Task& task = tasks_[index];
    if (!task.resumed && task.expected >= 0 && task.received < static_cast<std::uint64_t>(task.expected)) {
      services_.log(PSABRIDGE_WARNING, "sync",
                    task.stage->entity + ": the source announced " + std::to_string(task.expected) +
                        " records and gave " + std::to_string(task.received) +
                        ", so nothing is taken for deleted in this run.");
      return close_sweep(task, "done");
    }
    const auto unseen = store_.writer.unseen(
        assembly_.pipeline->name, assembly_.connection->name, task.stage->schema(), task.filters.scope,
        task.hold_approved ? UINT32_MAX : static_cast<std::uint32_t>(assembly_.pipeline->guard.delete_count));
    if (unseen.total == 0) return end_sweep(task);
    if (!task.hold_approved && guard_holds(unseen)) return hold(task, unseen);
    if (task.stage->source->get) return feed(index, Phase::confirming, fetch_source(spec(task), unseen.ids));
    bury(task, unseen.ids);
    end_sweep(task);
  }

  bool guard_holds(const store::Writer::Unseen& unseen) const {
    const config::Guard& guard = assembly_.pipeline->guard;
    const auto share =
        static_cast<std::uint64_t>(std::floor(guard.delete_share * static_cast<double>(unseen.known)));
    const bool all_gone = unseen.total == unseen.known && unseen.known > 1;
    return all_gone || unseen.total > guard.delete_count || unseen.total > std::max(kSmallDeletes, share);
  }

  void hold(Task& task, const store::Writer::Unseen& unseen) {
    store::Hold hold;
    hold.connection = assembly_.connection->name;
    hold.pipeline = assembly_.pipeline->name;
    hold.entity = task.stage->entity;
    hold.candidates = unseen.total;
    hold.known = unseen.known;
    hold.sample.assign(
        unseen.ids.begin(),
        unseen.ids.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(unseen.ids.size(), 10)));
    const std::int64_t id = store_.writer.hold_deletes(hold);
    task.report.error_code = "PB1501";
    task.report.error = std::to_string(unseen.total) + " of " + std::to_string(unseen.known) +
                        " records of " + task.stage->entity +
                        " are gone from the source; that is more than the guard of pipeline " +
                        assembly_.pipeline->name +
                        " lets pass, so nothing was deleted. Look at it with `psabridge holds list`, then "
                        "`psabridge holds approve " +
                        std::to_string(id) + "` or `reject`.";
    close_sweep(task, "held");
  }

  /// The whole list was read and these are not on it: lists without single reads need no other proof.
  void bury(Task& task, const std::vector<std::string>& ids) {
    Batch batch;
    batch.connection = assembly_.connection->name;
    batch.schema = &task.stage->schema();
    for (const std::string& id : ids) {
      batch.records.push_back({borrow(id), {}, nullptr, 0, borrow("{}"), {}});
      batch.verdicts.emplace_back().fate = Fate::deleted;
    }
    store::Commit commit;
    commit.run = report_.run.id;
    commit.pipeline = assembly_.pipeline->name;
    commit.batch = &batch;
    commit.child_entity = child_of(task.stage->entity);
    task.report.counts +=
        store_.writer.commit({&commit, 1}, [this](const store::Change& change) { note(change); }).front();
    tell_changes();
  }

  /// What vanished is buried: an approval that let it pass has done its work.
  void end_sweep(Task& task) {
    if (task.hold_approved) store_.writer.settle_hold(task.hold_approved);
    close_sweep(task, "done");
  }

  /// Deletions are looked for again when the next sweep is due.
  void close_sweep(Task& task, std::string_view state) {
    store_.writer.end_sweep(assembly_.pipeline->name, task.stage->entity);
    end(task, state);
  }

  void end(Task& task, std::string_view state) {
    give_family_turn_back(task);
    task.phase = Phase::finished;
    task.report.state = state;
    task.transform.reset();
    show(task);
  }

  void fail(Task& task, const Error& error) {
    if (error.error_class() == ErrorClass::cancelled) {
      if (user_stop_()) note_run_error(error);
      return end(task, "stopped");
    }
    task.report.error_code = error.code();
    task.report.error = services_.redacted(error.message());
    const bool unreachable = error.error_class() == ErrorClass::transient && !answered_;
    if (error.error_class() == ErrorClass::auth || closes_connection(error.code()) || unreachable) {
      aborted_ = true;  // every other entity would meet the same
      note_run_error(error);
    }
    end(task, error.error_class() == ErrorClass::permission ? "degraded" : "failed");
  }

  // ---- commits ----

  void commit(const std::vector<StagedPage>& pages) {
    std::vector<store::Commit> commits;
    for (const StagedPage& page : pages)
      if (!page.last) commits.push_back(commit_of(page));
    if (commits.empty()) return;
    std::vector<store::Counts> counts;
    {
      const std::lock_guard lock(store_.mutex);
      store_.writer.in_one([&] {
        route(pages);
        counts = store_.writer.commit(commits, [this](const store::Change& change) { note(change); });
        write_back_routes(pages);
      });
    }
    tell_changes();
    auto count = counts.begin();
    for (const StagedPage& page : pages)
      if (!page.last) account(page, *count++);
  }

  /// Where tickets go is decided when they are written, by what the store holds at that moment.
  void route(const std::vector<StagedPage>& pages) {
    if (!assembly_.router) return;
    assembly_.router->begin();
    for (const StagedPage& page : pages)
      if (!page.last && tasks_[page.task].stage->routed)
        assembly_.router->decide(*page.batch, rules_id_, store_.writer, stop_);
  }

  void write_back_routes(const std::vector<StagedPage>& pages) {
    if (!assembly_.router || rolled_back()) return;
    for (const StagedPage& page : pages) {
      if (page.last || !tasks_[page.task].stage->routed) continue;
      const Batch& batch = *page.batch;
      for (std::size_t i = 0; i < batch.records.size(); ++i)
        if (batch.verdicts[i].fate == Fate::write)
          write_back(assembly_, batch.records[i], *batch.schema, batch.verdicts[i].route, store_.writer,
                     clock_.now());
    }
  }

  /// Inside the transaction; told when that has become durable.
  void note(const store::Change& change) {
    effects_.add(change);
    changes_.push_back({change.action, std::string(change.entity), std::string(change.source_id),
                        std::string(change.version)});
  }

  void tell_changes() {
    for (const ToldChange& change : changes_) {
      observer_.record({change.entity, change.source_id, store::name_of(change.action), change.version});
      if (tasks_.front().announced) families_.insert(change.source_id);
    }
    changes_.clear();
  }

  store::Commit commit_of(const StagedPage& page) const {
    const Task& task = tasks_[page.task];
    store::Commit commit;
    commit.run = report_.run.id;
    commit.pipeline = assembly_.pipeline->name;
    commit.batch = page.batch.get();
    commit.cursor = page.cursor;
    commit.mark_seen = page.mark_seen;
    commit.child_entity = child_of(task.stage->entity);
    commit.settled_parents = page.settled_parents;
    commit.requests = page.requests;
    commit.read_at = page.read_at;
    commit.single = page.single;
    return commit;
  }

  std::string_view child_of(std::string_view entity) const {
    const auto child = std::ranges::find_if(
        assembly_.stages, [&](const Stage& stage) { return stage.source->parent == entity; });
    return child == assembly_.stages.end() ? std::string_view() : child->entity;
  }

  void account(const StagedPage& page, const store::Counts& counts) {
    Task& task = tasks_[page.task];
    task.report.counts += counts;
    task.report.requests += page.requests;
    task.received += page.batch->records.size();
    if (page.expected >= 0) task.expected = page.expected;
    answered_ = true;
    for (const std::string& id : page.hidden) tell_hidden(task.stage->entity, id);
    for (std::size_t i = 0; i < page.batch->verdicts.size(); ++i) {
      const Verdict& verdict = page.batch->verdicts[i];
      const Record& record = page.batch->records[i];
      if (verdict.fate == Fate::dead) bury_in_report(task.stage->entity, record, verdict);
      if (verdict.fate == Fate::dead || verdict.fate == Fate::filtered)
        observer_.record({task.stage->entity, view(record.source_id),
                          verdict.fate == Fate::dead ? "dead" : "filtered", view(record.version)});
      if (verdict.fate == Fate::write && task.stage->routed) account_route(record, verdict.route);
    }
    if (clock_.monotonic() - task.shown_at >= kProgressEvery) show(task);
  }

  void account_route(const Record& ticket, const RouteDecision& route) {
    ++report_.routed[std::string(route.team)];
    if (route.evidence.empty() || (!route.team.empty() && !route.troubled)) return;
    RoutingTrouble& trouble = report_.routing;
    if (trouble.ticket.empty()) trouble.ticket = view(ticket.source_id), trouble.reason = route.reason;
    ++(route.team.empty() ? trouble.unrouted : trouble.troubled);
  }

  void bury_in_report(const std::string& entity, const Record& record, const Verdict& verdict) {
    DeadGroup& group = report_.dead[entity][std::string(verdict.dead_code)];
    if (++group.count > 1) return;
    group.source_id = view(record.source_id);
    group.reason = verdict.dead_reason;
  }

  void show(Task& task) {
    task.shown_at = clock_.monotonic();
    const bool finished = task.phase == Phase::finished;
    observer_.progress({task.stage->entity, finished ? task.report.state : name_of(task.phase),
                        task.report.counts, task.expected, finished});
  }

  // ---- alerts ----

  void alert() {
    if (rolled_back()) return;
    for (const Trouble& trouble : troubles(report_))
      send(trouble.level, trouble.code, "Sync of " + assembly_.pipeline->name + ": " + trouble.subject,
           trouble.message);
  }

  void send(psabridge_level level, const std::string& code, std::string title, std::string text) {
    const plugin::Alert alert{
        level, code, assembly_.pipeline->name, std::move(title), std::move(text), services_.now_ms()};
    for (const auto& notifier : assembly_.notifiers) {
      try {
        notifier->send(alert, stop_);
      } catch (const Error& error) {
        services_.log(PSABRIDGE_ERROR, "notify", "An alert could not be sent: " + error.message());
      }
    }
  }

  Assembly& assembly_;
  connection::Services& services_;
  store::SharedWriter& store_;
  const RunOptions& options_;
  Clock& clock_;
  RunObserver& observer_;
  std::atomic<bool> aborted_ = false;
  bool answered_ = false;  ///< the source has given at least one page in this run
  const plugin::Stop stop_;
  const plugin::Stop& user_stop_;
  CommitQueue commits_;
  std::int64_t rules_id_ = 0;  ///< number of the routing rules in the store
  std::vector<Task> tasks_;
  std::vector<ToldChange> changes_;  ///< of the transaction under way
  std::set<std::string> families_;   ///< parents whose children are read because events named them
  Effects effects_;
  RunReport report_;
};

}  // namespace

void prepare_store(const Assembly& assembly, store::Writer& writer) {
  std::vector<EntitySchema> schemas;
  for (const Stage& stage : assembly.stages) schemas.push_back(stage.schema());
  writer.prepare(schemas);
  for (const Stage& stage : assembly.stages)
    if (stage.matcher) assembly.deduplicator->begin(stage.entity);
}

RunReport apply_announced(Assembly& assembly, connection::Services& services, store::SharedWriter& store,
                          store::RunId run, Announced announced, Clock& clock, RunObserver& observer,
                          const plugin::Stop& stop) {
  const RunOptions options;
  Run work(assembly, services, store, options, clock, observer, stop);
  work.add_announced(std::move(announced));
  return work.execute_within(run);
}

RunReport run_pipeline(Assembly& assembly, connection::Services& services, store::SharedWriter& store,
                       const RunOptions& options, Clock& clock, RunObserver& observer,
                       const plugin::Stop& stop) {
  Run run(assembly, services, store, options, clock, observer, stop);
  run.add_all();
  return run.execute(options.full ? "full" : options.narrowing.any() ? "narrowed" : "incremental");
}

RunReport refetch(Assembly& assembly, connection::Services& services, store::SharedWriter& store,
                  const std::string& entity, std::vector<std::string> ids, const RunOptions& options,
                  Clock& clock, RunObserver& observer, const plugin::Stop& stop) {
  Run run(assembly, services, store, options, clock, observer, stop);
  run.add_fetch(entity, std::move(ids));
  return run.execute("retry");
}

}  // namespace psabridge::pipeline
