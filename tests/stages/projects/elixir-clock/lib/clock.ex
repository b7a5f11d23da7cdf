defmodule Clock.Application do
  use Application

  def start(_type, _args) do
    Supervisor.start_link([{Task, &Clock.Server.listen/0}], strategy: :one_for_one)
  end
end

defmodule Clock.Server do
  @moduledoc "Answers every request with a digest, so that crypto has to load its library."

  def listen do
    {:ok, socket} = :gen_tcp.listen(8080, [:binary, packet: :raw, active: false, reuseaddr: true])
    accept(socket)
  end

  defp accept(socket) do
    {:ok, client} = :gen_tcp.accept(socket)
    with {:ok, _} <- :gen_tcp.recv(client, 0), do: answer(client)
    :gen_tcp.close(client)
    accept(socket)
  end

  defp answer(client) do
    body = Base.encode16(:crypto.hash(:sha256, "grüezi")) <> "\n"
    head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nconnection: close\r\n"
    :gen_tcp.send(client, "#{head}content-length: #{byte_size(body)}\r\n\r\n#{body}")
  end
end
