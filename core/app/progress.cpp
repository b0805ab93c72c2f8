#include "core/app/progress.h"

#include <algorithm>
#include <iostream>
#include <vector>

#include "core/app/run_text.h"
#include "core/app/terminal.h"

namespace psabridge::app {
namespace {

constexpr Milliseconds kLineEvery{5'000};  // without a terminal, per entity

class NoProgress final : public pipeline::RunObserver {
 public:
  void progress(const pipeline::EntityProgress&) override {}
};

/// When each entity was first heard of: its elapsed time counts from there.
class Elapsed {
 public:
  explicit Elapsed(Clock& clock) : clock_(clock) {}
  Milliseconds of(std::string_view entity) {
    return clock_.monotonic() - begun_.try_emplace(std::string(entity), clock_.monotonic()).first->second;
  }

 private:
  Clock& clock_;
  std::map<std::string, Milliseconds> begun_;
};

/// Redraws its block of lines in place.
class TerminalProgress final : public pipeline::RunObserver {
 public:
  explicit TerminalProgress(Clock& clock) : elapsed_(clock) {}

  void progress(const pipeline::EntityProgress& progress) override {
    const std::string line = progress_line(progress, elapsed_.of(progress.entity));
    const auto known = std::ranges::find(entities_, progress.entity);
    const auto index = static_cast<std::size_t>(known - entities_.begin());
    if (known == entities_.end()) {
      entities_.emplace_back(progress.entity);
      lines_.push_back(line);
      std::cerr << line << "\n" << std::flush;
      return;
    }
    lines_[index] = line;
    const std::size_t up = lines_.size() - index;
    std::cerr << "\x1b[" << up << "A\r\x1b[2K" << line << "\x1b[" << up << "B\r" << std::flush;
  }

 private:
  Elapsed elapsed_;
  std::vector<std::string> entities_, lines_;
};

class LogProgress final : public pipeline::RunObserver {
 public:
  explicit LogProgress(Clock& clock) : clock_(clock), elapsed_(clock) {}

  void progress(const pipeline::EntityProgress& progress) override {
    const Milliseconds elapsed = elapsed_.of(progress.entity);
    Milliseconds& last = told_.try_emplace(std::string(progress.entity), clock_.monotonic()).first->second;
    if (!progress.finished && clock_.monotonic() - last < kLineEvery) return;
    last = clock_.monotonic();
    std::cerr << progress_line(progress, elapsed) << "\n" << std::flush;
  }

 private:
  Clock& clock_;
  Elapsed elapsed_;
  std::map<std::string, Milliseconds> told_;
};

std::string padded(std::string_view text, std::size_t width) {
  std::string cell(text);
  cell.resize(std::max(width, cell.size()), ' ');
  return cell;
}

}  // namespace

std::unique_ptr<pipeline::RunObserver> make_progress(Clock& clock, bool quiet) {
  if (quiet) return std::make_unique<NoProgress>();
  if (is_terminal(Stream::err)) return std::make_unique<TerminalProgress>(clock);
  return std::make_unique<LogProgress>(clock);
}

std::string progress_line(const pipeline::EntityProgress& progress, Milliseconds elapsed) {
  std::string line = padded(progress.entity, 13) + padded(progress.phase, 11) + grouped(progress.counts.read);
  const auto expected = static_cast<std::uint64_t>(std::max<std::int64_t>(progress.expected, 0));
  const std::uint64_t read = progress.counts.read;
  if (progress.finished) return line + " read, " + summary(progress.counts);
  if (expected > 0)
    line += " of " + grouped(expected) + " (" +
            std::to_string(std::min<std::uint64_t>(100, read * 100 / expected)) + " %)";
  const auto span = static_cast<std::uint64_t>(std::max<std::int64_t>(elapsed.count(), 1));
  const std::uint64_t rate = read * 1'000 / span;
  if (elapsed < Milliseconds{1'000} || rate == 0) return line;
  line += "  " + grouped(rate) + "/s";
  if (expected > read)
    line += "  " + rough_span(static_cast<std::int64_t>((expected - read) * 1'000 / rate)) + " left";
  return line;
}

}  // namespace psabridge::app
