# Without a log.
logger Logger.new(File::NULL)
worker_processes 1
