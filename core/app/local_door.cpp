#include "core/app/local_door.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <future>
#include <list>
#include <memory>
#include <system_error>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/store/store.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostOfAQuestion = 1u << 20;  // bytes
constexpr int kMostCallers = 16;
constexpr int kLookMilliseconds = 100;
constexpr timeval kQuestionTime{10, 0};

std::optional<sockaddr_un> address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string text = path.string();
  if (text.size() >= sizeof address.sun_path) return std::nullopt;
  std::memcpy(address.sun_path, text.c_str(), text.size() + 1);
  return address;
}

[[noreturn]] void cannot_listen(const std::filesystem::path& path, const std::string& why) {
  throw Error("PB2201", "Commands cannot be taken at " + path.string() + ": " + why + ".");
}

Descriptor connected(const std::filesystem::path& path) {
  const auto address = address_of(path);
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!address || !socket ||
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0)
    return Descriptor();
  return socket;
}

Descriptor listen_at(const std::filesystem::path& path) {
  const auto address = address_of(path);
  if (!address) cannot_listen(path, "the path is too long for a socket; keep the store in a shorter one");
  if (connected(path)) cannot_listen(path, "another daemon listens there");
  ::unlink(path.c_str());
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  // Nobody can connect before it listens, and then it is for the owner alone.
  if (socket && ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0 &&
      ::chmod(path.c_str(), 0600) == 0 && ::listen(socket.get(), kMostCallers) == 0)
    return socket;
  cannot_listen(path, std::generic_category().message(errno));
}

/// Everything up to the caller's end of writing; nothing when that is too much or breaks off.
std::optional<std::string> read_all(const Descriptor& socket, std::size_t most) {
  std::string text;
  char buffer[16 * 1024];
  for (;;) {
    const ssize_t size = ::recv(socket.get(), buffer, sizeof buffer, 0);
    if (size == 0) return text;
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 || text.size() + static_cast<std::size_t>(size) > most) return std::nullopt;
    text.append(buffer, static_cast<std::size_t>(size));
  }
}

json::object to_json(const CommandAnswer& answer) {
  if (answer.outcome)
    return {{"data", answer.outcome->data},
            {"text", answer.outcome->text},
            {"talk", answer.outcome->talk},
            {"status", answer.outcome->status}};
  json::array entries;
  for (const ErrorEntry& entry : answer.failure->entries)
    entries.push_back(json::object{{"code", entry.code},
                                   {"class", entry.error_class},
                                   {"message", entry.message},
                                   {"remedy", entry.remedy},
                                   {"file", entry.file},
                                   {"line", entry.line},
                                   {"column", entry.column}});
  return {{"failure", std::move(entries)}, {"status", answer.failure->status}};
}

std::string text_of(const json::object& object, std::string_view key) {
  return std::string(object.at(key).as_string());
}

CommandAnswer read_answer(const json::object& object) {
  const int status = static_cast<int>(object.at("status").as_int64());
  const json::value* const failure = object.if_contains("failure");
  if (!failure)
    return {Outcome{.data = object.at("data"),
                    .text = text_of(object, "text"),
                    .status = status,
                    .talk = text_of(object, "talk")},
            std::nullopt};
  Failure read;
  read.status = status;
  for (const json::value& value : failure->as_array()) {
    const json::object& entry = value.as_object();
    read.entries.push_back({text_of(entry, "code"), text_of(entry, "class"), text_of(entry, "message"),
                            text_of(entry, "remedy"), text_of(entry, "file"),
                            static_cast<int>(entry.at("line").as_int64()),
                            static_cast<int>(entry.at("column").as_int64())});
  }
  return {std::nullopt, std::move(read)};
}

std::string text_of(const Question& question) {
  return json::serialize(json::object{{"arguments", json::value_from(question.arguments)},
                                      {"inputs", json::value_from(question.inputs)},
                                      {"caller", question.caller}});
}

Question read_question(const std::string& text) {
  const json::value question = json::parse(text);
  return {json::value_to<std::vector<std::string>>(question.at("arguments")),
          json::value_to<std::map<std::string, std::string>>(question.at("inputs")),
          std::string(question.at("caller").as_string())};
}

}  // namespace

std::filesystem::path door_of(const std::string& store_url) {
  return store::sqlite_file_of(store_url).string() + ".sock";
}

LocalDoor::LocalDoor(std::filesystem::path path, Work work)
    : path_(std::move(path)),
      work_(std::move(work)),
      listener_(listen_at(path_)),
      accepting_(&LocalDoor::accept_callers, this) {}

LocalDoor::~LocalDoor() {
  stop_ = true;
  accepting_.join();
  ::unlink(path_.c_str());
}

void LocalDoor::accept_callers() {
  std::list<std::future<void>> at_work;  // a future of std::async waits for its end when it goes
  while (!stop_) {
    at_work.remove_if([](const std::future<void>& one) {
      return one.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
    });
    pollfd watched{listener_.get(), POLLIN, 0};
    if (::poll(&watched, 1, kLookMilliseconds) <= 0 || at_work.size() >= kMostCallers) continue;
    auto caller = std::make_shared<Descriptor>(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (*caller) at_work.push_back(std::async(std::launch::async, [this, caller] { serve(*caller); }));
  }
}

void LocalDoor::serve(const Descriptor& caller) const {
  ::setsockopt(caller.get(), SOL_SOCKET, SO_RCVTIMEO, &kQuestionTime, sizeof kQuestionTime);
  const auto text = read_all(caller, kMostOfAQuestion);
  if (!text) return;
  CommandAnswer answer;
  try {
    answer = work_(read_question(*text));
  } catch (const std::exception& error) {
    answer = {std::nullopt, describe(error)};
  }
  // When the caller has gone the command is done all the same.
  [[maybe_unused]] const bool told = write_whole(caller, json::serialize(to_json(answer)));
}

std::optional<CommandAnswer> ask_daemon(const std::filesystem::path& door, const Question& question) {
  const Descriptor socket = connected(door);
  if (!socket) return std::nullopt;
  const auto lost = [&] {
    return Error("PB2203", "The daemon at " + door.string() +
                               " ended before it had answered; what it did by then is done.");
  };
  if (!write_whole(socket, text_of(question)) || ::shutdown(socket.get(), SHUT_WR) != 0) throw lost();
  const auto text = read_all(socket, SIZE_MAX);
  if (!text || text->empty()) throw lost();
  return read_answer(json::parse(*text).as_object());
}

}  // namespace psabridge::app
