#include "tests/bench/receiver.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "tests/integration/store_file.h"

namespace psabridge::bench {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kPatience{30};
constexpr std::string_view kSecret = "of the bench, which nobody else has";
constexpr const char* kSecretVariable = "PSABRIDGE_BENCH_SECRET";
constexpr std::size_t kBodySize = 2048;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// HMAC-SHA256 in base64.
std::string signature_of(std::string_view body) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac;
  unsigned int size = 0;
  HMAC(EVP_sha256(), kSecret.data(), static_cast<int>(kSecret.size()), bytes_of(body), body.size(),
       mac.data(), &size);
  std::array<unsigned char, 2 * EVP_MAX_MD_SIZE> text;
  const int length = EVP_EncodeBlock(text.data(), mac.data(), static_cast<int>(size));
  return {text.begin(), text.begin() + length};
}

}  // namespace

std::string envelope(std::size_t number) {
  const std::string id = std::to_string(number);
  json::object ticket{{"id", number},
                      {"dateoccurred", "2026-10-03T06:24:10.9"},
                      {"summary", "Printer " + id + " is on fire"},
                      {"client_id", number % 500},
                      {"client_name", "Client of the bench"},
                      {"site_id", number % 700},
                      {"user_id", number % 900},
                      {"status_id", 2},
                      {"tickettype_id", 1},
                      {"lastactiondate", "2026-10-03T06:24:10.9"}};
  json::object whole{{"id", "bench-" + id},       {"timestamp", "2026-10-03T06:24:11.2Z"},
                     {"event", "Ticket Updated"}, {"eventno", 61},
                     {"object_id", number},       {"ticket", std::move(ticket)}};
  const std::size_t rest = kBodySize - json::serialize(whole).size();
  constexpr std::string_view kDetails = R"(,"details":"")";
  whole["ticket"].as_object()["details"] = std::string(rest - kDetails.size(), 'x');
  return json::serialize(whole);
}

Receiver::Receiver(const std::filesystem::path& program) {
  integration::write_text(
      config(), "version: 1\nstore: sqlite:" + (folder_ / "psabridge.db").string() +
                    "\nserve: { listen: \"127.0.0.1:0\", status: \"127.0.0.1:0\", public_url: "
                    "\"http://127.0.0.1\" }\n"
                    "connections:\n  bench:\n    connector: halo\n    url: https://127.0.0.1:9\n"
                    "    auth: { grant: client_credentials, client_id: bench, client_secret: env://" +
                    kSecretVariable +
                    " }\n    allow_private: true\n    webhook: { auth: hmac, secret: env://" +
                    kSecretVariable +
                    " }\npipelines:\n  bench:\n    connection: bench\n    entities: { ticket: {} }\n");
  const integration::Surroundings surroundings{.environment = {{kSecretVariable, std::string(kSecret)}}};
  const auto paused = integration::run(
      {program.string(), "connection", "pause", "bench", "--config", config().string()}, surroundings);
  if (paused.exit_status != 0) throw std::runtime_error(paused.describe());
  const std::filesystem::path ready = folder_ / "ready.json";
  process_ = std::make_unique<integration::Process>(
      std::vector<std::string>{program.string(), "serve", "--ready-file", ready.string(), "--config",
                               config().string()},
      surroundings);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!std::filesystem::exists(ready)) {
    if (process_->ended() || std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("The daemon does not start: " + process_->err());
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  port_ =
      static_cast<std::uint16_t>(json::parse(integration::read_text(ready)).at("webhook_port").as_int64());
}

std::vector<std::string> Receiver::make_deliveries(std::size_t count) {
  std::vector<std::string> requests;
  requests.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string body = envelope(++made_);
    requests.push_back(
        "POST /webhooks/bench HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nToken: " +
        signature_of(body) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  return requests;
}

std::int64_t Receiver::kept() const {
  return integration::StoreFile(folder_ / "psabridge.db.events").number("SELECT count(*) FROM event");
}

/// The kernel keeps the peak, and "5" begins it anew: proc(5), clear_refs.
double Receiver::take_peak_memory() const {
  const std::filesystem::path folder = "/proc/" + std::to_string(process_->id());
  const std::string status = integration::read_text(folder / "status");
  constexpr std::string_view kPeak = "VmHWM:";
  const auto at = status.find(kPeak);
  if (at == std::string::npos) throw std::runtime_error("The daemon has ended: " + process_->err());
  integration::write_text(folder / "clear_refs", "5");
  return std::stod(status.substr(at + kPeak.size())) / 1024;
}

}  // namespace psabridge::bench
