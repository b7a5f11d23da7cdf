require "lite"
require "socket"

trap("TERM") { exit }
server = TCPServer.new("0.0.0.0", 8080)
loop do
  client = server.accept
  nil until client.gets.to_s.strip.empty?
  body = "SQLite #{Lite.version}\n"
  client.write("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: #{body.bytesize}\r\nConnection: close\r\n\r\n#{body}")
  client.close
end
