// Any two frames: they are a message, or a ProtocolError, and nothing else.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "server/protocol.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view all(reinterpret_cast<const char*>(bytes), size);
  const std::size_t head_size = (bytes[0] * std::size_t{256} + bytes[1]) % (size - 1);
  const std::string_view head = all.substr(2, head_size), data = all.substr(2 + head.size());
  noesis::request_id_of(head);
  try {
    const noesis::Message message = noesis::decode(head, data);
    for (const noesis::ArrayView& array : message.arrays()) {
      // What decode() vouches for: the bytes lie within the frame.
      volatile char sum = 0;
      for (const char byte : array.bytes) sum = static_cast<char>(sum + byte);
    }
    // What can be read can be written, and reads back the same.
    noesis::ensure(noesis::unpack(noesis::pack(message.fields())).size() == message.fields().size(),
                   "a head that was read reads back");
  } catch (const noesis::ProtocolError&) {
  }
  return 0;
}
