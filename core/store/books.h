// What the writer keeps in memory of its own bookkeeping: positions and counters of runs. They reach the file
// together with the next change of data, so that a page in which nothing is new costs no write at all.
#pragma once
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/store/database.h"
#include "core/store/store.h"

namespace psabridge::store {

/// One entity in one pipeline.
struct Stream {
  std::int64_t id = 0;
  Position position;
  bool sweeping = false;           ///< a full read or an id sweep is on
  std::int64_t sweep_through = 0;  ///< rows up to this id stood in the store when the sweep began
  std::vector<std::int64_t> seen;  ///< rows seen by the sweep that are not in the file yet
  /// Highest debt told to the pipeline: what was owed when it began to read. Until it asked, everything
  /// counts.
  std::int64_t lent_debt = std::numeric_limits<std::int64_t>::max();
  std::vector<std::string>
      missed;          ///< source ids that an id sweep saw and the store lacks; never in the file
  bool dirty = false;  ///< differs from the file
};

/// A value: copied before a transaction, and put back when that fails. Small: it grows with the number of
/// pipelines and entities, not of records (seen rows are written at the latest when kMostUnwrittenSeen have
/// come together).
class Books {
 public:
  static constexpr std::size_t kMostUnwrittenSeen = 20'000;
  /// So many missed ids are remembered by one sweep; the next sweep finds the others.
  static constexpr std::size_t kMostMissed = 20'000;

  /// Reads what the file has. `now` ends the runs that a dead process left running.
  explicit Books(Database& database, std::string_view now);

  Stream& stream(std::string_view pipeline, std::string_view entity);
  /// Null when nothing was ever noted of it.
  const Stream* find_stream(std::string_view pipeline, std::string_view entity) const;
  std::int64_t next_debt() { return ++last_debt_; }
  std::int64_t last_debt() const { return last_debt_; }

  RunId begin_run(const RunInfo& run);
  /// Adds a page to a run that has begun.
  void count(RunId run, std::string_view entity, const Counts& counts, std::uint32_t requests);
  /// Throws Error PB1499 when the run is not open.
  void check_run(RunId run) const;

  /// Writes everything that is only in memory yet.
  void write(Database& database);
  /// Writes the end of a run, with all that is outstanding, and forgets it.
  void end_run(Database& database, RunInfo end, const std::vector<RunEntity>& entities);

 private:
  struct Tally {
    Counts counts;
    std::uint64_t requests = 0;
    bool dirty = false;
  };
  struct OpenRun {
    RunInfo info;
    bool written = false;
    std::map<std::string, Tally, std::less<>> entities;
  };
  static void write_stream(Database& database, std::string_view pipeline, std::string_view entity,
                           Stream& stream);
  static void write_run(Database& database, OpenRun& run);
  OpenRun& open_run(RunId run);

  std::map<std::pair<std::string, std::string>, Stream> streams_;
  std::map<RunId, OpenRun> runs_;
  std::int64_t last_stream_ = 0, last_debt_ = 0;
  RunId last_run_ = 0;
};

}  // namespace psabridge::store
